-- A PKCS#12 is deleted when its certificate ends, or some days after the first login at the portal; found by these, however
-- many certificates there are.
CREATE INDEX pkcs12_by_end ON certificate (not_after) WHERE pkcs12 IS NOT NULL;
CREATE INDEX pkcs12_by_first_login ON certificate (first_portal_login_at)
    WHERE pkcs12 IS NOT NULL AND first_portal_login_at IS NOT NULL;
