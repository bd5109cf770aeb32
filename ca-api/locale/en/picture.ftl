# Words inside the guide pictures, as English Windows 11 / 10 shows them.
picture-cancel = Cancel
picture-next = Next
picture-browse = Browse...
picture-yes = Yes
picture-no = No

picture-download-list = Downloads
picture-open-file = Open file
picture-open-title = Open File - Security Warning
picture-open-question = Do you want to open this file?
picture-open-name = Name: ca.crt
picture-open-kind = Type: Security Certificate
picture-open-yes = Open

picture-certificate-title = Certificate
picture-tab-general = General
picture-tab-details = Details
picture-tab-path = Path
picture-certificate-heading = Certificate Information
picture-certificate-untrusted =
    This CA Root certificate is not trusted. To
    enable trust, install this certificate in the
    Trusted Root Certification Authorities store.
picture-issued-to = Issued to:
picture-issued-by = Issued by:
picture-valid = Valid from
picture-valid-span = 2026-01-05 to 2046-01-05
picture-install = Install Certificate...
picture-statement = Issuer Statement

picture-wizard = Certificate Import Wizard
picture-welcome = Welcome to the Certificate Import Wizard
picture-welcome-text =
    This wizard helps you copy certificates,
    certificate trust lists, and revocation lists
    to a certificate store.
picture-location = Store Location
picture-current-user = Current User
picture-local-machine = Local Machine
picture-press-next = To continue, click Next.

picture-store = Certificate Store
picture-store-text =
    Certificate stores are system areas where
    certificates are kept.
picture-store-choice =
    Windows can automatically select a certificate store,
    or you can specify a location for the certificate.
picture-store-automatic =
    Automatically select the certificate store
    based on the type of certificate
picture-store-place = Place all certificates in the following store
picture-store-label = Certificate store:
picture-store-root = Trusted Root Certificati…
picture-store-personal = Personal
picture-store-enterprise = Enterprise Trust
picture-select-title = Select Certificate Store

picture-finish = Completing the Certificate Import Wizard
picture-finish-text = The certificate will be imported after you click Finish.
picture-finish-settings = You have specified the following settings:
picture-finish-store = Store Selected by User
picture-finish-content = Content
picture-finish-certificate = Certificate
picture-finish-selected = Store Selected
picture-finish-automatic = Automatically determined
picture-finish-file = File Name
picture-finish-button = Finish
picture-imported = The import was successful.

picture-warning-title = Security Warning
picture-warning-claim =
    You are about to install a certificate from a
    certification authority (CA) claiming to represent:
picture-warning-confirm =
    Windows cannot validate that the certificate is
    actually from this authority. The following number
    will assist you in this process:
picture-warning-thumbprint = Thumbprint (sha1):
picture-warning-heading = Warning:
picture-warning-text =
    If you install this root certificate, Windows will
    automatically trust any certificate issued by this CA.
    Installing one with an unconfirmed thumbprint is a risk.
picture-warning-question = Do you want to install this certificate?

picture-file = File to Import
picture-file-text = Specify the file you want to import.
picture-file-name = File name:

picture-key = Private key protection
picture-key-text =
    To maintain security, the private key was protected
    with a password.
picture-key-type = Type the password for the private key.
picture-password = Password:
picture-password-show = Display Password
picture-import-options = Import options:
picture-key-strong = Enable strong private key protection
picture-key-export = Mark this key as exportable
picture-key-virtual = Protect the key by virtualized-based security
picture-key-extended = Include all extended properties

picture-error-bar = Not secure
picture-error-heading = Your connection isn't private
picture-error-text =
    Attackers might be trying to steal your information.
picture-error-more = Advanced
picture-error-back = Go back

picture-column-field = Field
picture-column-value = Value
picture-row-key = Public key
picture-row-key-value = ECC (384 Bits)
picture-row-usage = Key Usage
picture-row-usage-value = Certificate Signing, …
picture-row-thumbprint = Thumbprint
picture-thumbprint-note = Scroll to the end of the list to find “Thumbprint”.

picture-chooser-title = Select a certificate
picture-chooser-text = Select a certificate to authenticate yourself to this site
picture-chooser-details = Certificate info

picture-letter-title = User ID and passwords
picture-letter-id = User ID
picture-letter-login = Temporary login password
picture-letter-issuance = Issuance password
picture-letter-thumbprint = Thumbprint of the root certificate

picture-authority = Name of the authority
