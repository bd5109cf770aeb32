# The protected site: login, refusals, first page, ageing of the password.

# --- Login ---
portal-login-title = Log in
portal-login-lead = Enter the user ID of the certificate below and its login password.
portal-login-certificate = Certificate chosen
portal-login-ended = You are no longer logged in. Please log in again.

# --- First page ---
portal-home = Portal
portal-name = Name
portal-certificate-until = Certificate valid until
portal-back = Back to the portal
portal-out-text = You have logged out of the portal.
portal-out-close = The browser remembers the certificate you chose until it is closed. If others use this PC, or to log in with another user ID, close all windows of the browser.

# --- Ageing of the login password ---
portal-ageing-title = Your password expires soon
portal-ageing-text = Your present password can be used until { $until }. After that, nothing else works until you change it.
portal-ageing-change = Change the password
portal-ageing-ask = Continue with the present password?
portal-yes = Yes

# --- Refusals ---
refused-way-out = What to do
refused-shown = Certificate chosen
refused-serial = Serial number
refused-typed = User ID entered
refused-dates = Validity
refused-from-until = { $from } to { $until }
refused-none = No client certificate was chosen
refused-none-what = This page opens only with a client certificate that was imported on this PC. The browser sent none.
refused-expired = Your client certificate has expired
refused-expired-what = The certificate you chose is past its validity, so you cannot log in with it. Please apply for a new one.
refused-early = Your client certificate is not valid yet
refused-early-what = The certificate you chose cannot be used yet. It is valid from the time below.
refused-revoked = This client certificate has been revoked
refused-revoked-what = The certificate you chose was withdrawn and cannot be used, even inside its validity. When passwords are reissued, all earlier certificates are revoked.
refused-held = This client certificate is suspended
refused-held-what = The certificate you chose cannot be used for the time being.
refused-disabled = This user ID is suspended
refused-disabled-what = The user ID of the certificate you chose cannot be used at present.
refused-other = Certificate and user ID do not match
refused-other-what = The user ID you entered is not that of the certificate you chose. If you use several user IDs on one PC, choose the certificate of the user ID you log in with.
refused-unknown = You cannot log in with this certificate
refused-unknown-what = The certificate you chose was not issued for logging in, or comes from an authority that is no longer in use.
refused-step-import = Import your client certificate on this PC. If you have done so, go on to the next step.
refused-step-ended = Browsers do not offer a certificate whose validity has ended. If yours has, apply for a new one at the certificate service. You can apply without a client certificate.
refused-step-close = Close all windows of the browser. Until then it remembers the certificate you chose before (or that you pressed Cancel).
refused-step-choose = Open the browser again, open the login page, and choose the certificate with your user ID when you are asked.
refused-step-choose-other = Open the browser again, open the login page, and choose the certificate of the user ID you log in with.
refused-step-newer = If you have a newer certificate, close all windows of the browser, open it again and choose the newer one (its name bears the later year).
refused-step-apply = If you have none, log in to the certificate service and apply for one. You can apply without a client certificate.
refused-step-reissued = If your passwords were reissued, apply with those of the new letter. If you do not know why it was revoked, please ask us.
refused-step-clock = Check that date and time of your PC are right.
refused-step-older = If your earlier certificate is still valid, use it until the new one begins.
refused-step-same = If you mistyped the user ID, go back to the login page and enter it again.
refused-step-ask = Please contact us below and give the reference number.
refused-to-guide = How to import it
refused-to-service = To the certificate service
refused-to-login = Back to the login page
