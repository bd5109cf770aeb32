# 案内の絵の中の文字。Windows の画面の文言は Windows 11 / 10 日本語版のとおり。
picture-cancel = キャンセル
picture-next = 次へ(N)
picture-browse = 参照(R)...
picture-yes = はい(Y)
picture-no = いいえ(N)

picture-download-list = ダウンロード
picture-open-file = ファイルを開く
picture-open-title = 開いているファイル - セキュリティの警告
picture-open-question = このファイルを開きますか?
picture-open-name = 名前: ca.crt
picture-open-kind = 種類: セキュリティ証明書
picture-open-yes = 開く(O)

picture-certificate-title = 証明書
picture-tab-general = 全般
picture-tab-details = 詳細
picture-tab-path = 証明のパス
picture-certificate-heading = 証明書の情報
picture-certificate-untrusted =
    この CA ルート証明書は信頼されていません。信頼を有効に
    するにはこの証明書を信頼されたルート証明機関のストアに
    インストールしてください。
picture-issued-to = 発行先:
picture-issued-by = 発行者:
picture-valid = 有効期間
picture-valid-span = 2026/01/05 から 2046/01/05
picture-install = 証明書のインストール(I)...
picture-statement = 発行者の説明(S)

picture-wizard = 証明書のインポート ウィザード
picture-welcome = 証明書のインポート ウィザードの開始
picture-welcome-text =
    このウィザードでは、証明書、証明書信頼リスト、および
    証明書失効リストをディスクから証明書ストアにコピーします。
picture-location = 保存場所
picture-current-user = 現在のユーザー(C)
picture-local-machine = ローカル コンピューター(L)
picture-press-next = 続行するには、[次へ] をクリックしてください。

picture-store = 証明書ストア
picture-store-text = 証明書ストアは、証明書が保管されるシステム上の領域です。
picture-store-choice =
    Windows に証明書ストアを自動的に選択させるか、
    証明書の場所を指定することができます。
picture-store-automatic = 
    証明書の種類に基づいて、自動的に証明書ストアを
    選択する(U)
picture-store-place = 証明書をすべて次のストアに配置する(P)
picture-store-label = 証明書ストア:
picture-store-root = 信頼されたルート証明機関
picture-store-personal = 個人
picture-store-enterprise = エンタープライズの信頼
picture-select-title = 証明書ストアの選択

picture-finish = 証明書のインポート ウィザードの完了
picture-finish-text = [完了] をクリックすると、証明書がインポートされます。
picture-finish-settings = 次の設定が指定されました:
picture-finish-store = 選択された証明書ストア
picture-finish-content = 内容
picture-finish-certificate = 証明書
picture-finish-selected = 証明書ストア
picture-finish-automatic = ウィザードで自動的に決定されます
picture-finish-file = ファイル名
picture-finish-button = 完了(F)
picture-imported = 正しくインポートされました。

picture-warning-title = セキュリティ警告
picture-warning-claim =
    発行者が次であると主張する証明機関 (CA) から証明書を
    インストールしようとしています:
picture-warning-confirm =
    証明書が実際にこの証明機関からのものであるかどうかを
    検証できません。発行者に連絡して確認してください。
    次の番号はこの過程で役立ちます:
picture-warning-thumbprint = 拇印 (sha1):
picture-warning-heading = 警告:
picture-warning-text =
    このルート証明書をインストールすると、この CA によって発行
    された証明書は自動的に信頼されます。確認されていない拇印付き
    の証明書をインストールすることは、セキュリティ上、危険です。
picture-warning-question = この証明書をインストールしますか?

picture-file = インポートする証明書ファイル
picture-file-text = インポートするファイルを指定してください。
picture-file-name = ファイル名(F):

picture-key = 秘密キーの保護
picture-key-text =
    セキュリティを維持するために、秘密キーはパスワードで
    保護されています。
picture-key-type = 秘密キーのパスワードを入力してください。
picture-password = パスワード(P):
picture-password-show = パスワードの表示(D)
picture-import-options = インポート オプション(I):
picture-key-strong = 秘密キーの保護を強力にする(E)
picture-key-export = このキーをエクスポート可能にする(M)
picture-key-virtual = 仮想化ベースのセキュリティで秘密キーを保護する(P)
picture-key-extended = すべての拡張プロパティを含める(A)

picture-error-bar = セキュリティ保護なし
picture-error-heading = 接続がプライベートではありません
picture-error-text =
    攻撃者が、あなたの情報を盗もうとしている可能性が
    あります。
picture-error-more = 詳細設定
picture-error-back = 戻る

picture-column-field = フィールド
picture-column-value = 値
picture-row-key = 公開キー
picture-row-key-value = ECC (384 Bits)
picture-row-usage = キー使用法
picture-row-usage-value = 証明書の署名, CRL 署名
picture-row-thumbprint = 拇印
picture-thumbprint-note = 一番下までスクロールすると「拇印」があります。

picture-chooser-title = 証明書の選択
picture-chooser-text = このサイトへの認証に使う証明書を選択してください
picture-chooser-details = 証明書情報

picture-letter-title = ユーザＩＤとパスワードのお知らせ
picture-letter-id = ユーザＩＤ
picture-letter-login = 仮ログインパスワード
picture-letter-issuance = クライアント証明書発行用パスワード
picture-letter-thumbprint = 認証局証明書の拇印

picture-authority = 認証局の名前
