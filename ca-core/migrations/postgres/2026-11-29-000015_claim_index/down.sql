DROP INDEX request_to_claim;
