DROP INDEX pkcs12_by_first_login;
DROP INDEX pkcs12_by_end;
