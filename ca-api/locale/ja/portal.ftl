# The protected site: login, refusals, first page, ageing of the password.

# --- Login ---
portal-login-title = ログイン
portal-login-lead = 下の証明書のユーザＩＤと、そのログインパスワードを入力してください。
portal-login-certificate = 選ばれている証明書
portal-login-ended = ログインの状態が終了しています。お手数ですが、もう一度ログインしてください。

# --- First page ---
portal-home = ポータル
portal-name = 名称
portal-certificate-until = 証明書の有効期限
portal-back = ポータルに戻る
portal-out-text = ポータルからログアウトしました。
portal-out-close = 選んだ証明書は、ブラウザを閉じるまでブラウザが覚えています。共用のパソコンをお使いの場合や、別のユーザＩＤでログインする場合は、ブラウザの画面をすべて閉じてください。

# --- Ageing of the login password ---
portal-ageing-title = パスワードの有効期限が近づいています
portal-ageing-text = 今のパスワードは{ $until }まで使えます。それを過ぎると、新しいパスワードに変更するまで、ほかの操作はできません。
portal-ageing-change = パスワードを変更する
portal-ageing-ask = 今のパスワードのまま続けますか？
portal-yes = はい

# --- Refusals ---
refused-way-out = どうすればよいか
refused-shown = 選ばれた証明書
refused-serial = シリアル番号
refused-typed = 入力されたユーザＩＤ
refused-dates = 有効期間
refused-from-until = { $from } から { $until } まで
refused-none = クライアント証明書が選ばれていません
refused-none-what = このページを開くには、このパソコンに取り込んだクライアント証明書が必要です。ブラウザから証明書が送られてきませんでした。
refused-expired = クライアント証明書の有効期限が切れています
refused-expired-what = 選ばれた証明書の有効期間が終わっているため、ログインできません。新しい証明書の発行を申請してください。
refused-early = クライアント証明書の有効期間が始まっていません
refused-early-what = 選ばれた証明書は、まだ使えません。下の日時からお使いいただけます。
refused-revoked = このクライアント証明書は失効しています
refused-revoked-what = 選ばれた証明書は取り消されており、有効期間内でもお使いいただけません。パスワードを再発行された場合は、それまでの証明書はすべて失効します。
refused-held = このクライアント証明書は一時停止中です
refused-held-what = 選ばれた証明書は、一時的に使えなくなっています。
refused-disabled = このユーザＩＤは利用停止中です
refused-disabled-what = 選ばれた証明書のユーザＩＤは、現在ご利用いただけません。
refused-other = 証明書とユーザＩＤが一致しません
refused-other-what = 入力されたユーザＩＤは、選ばれた証明書のユーザＩＤではありません。1台のパソコンで複数のユーザＩＤをお使いの場合は、ログインするユーザＩＤの証明書を選ぶ必要があります。
refused-unknown = この証明書ではログインできません
refused-unknown-what = 選ばれた証明書は、ログイン用に発行されたクライアント証明書ではないか、すでに使えなくなった認証局のものです。
refused-step-import = クライアント証明書を、このパソコンに取り込みます。取り込みが済んでいる場合は、次へお進みください。
refused-step-ended = ブラウザは、有効期限の切れた証明書を選択肢に出しません。期限が切れている場合は、「証明書発行サービス」で新しい証明書の発行を申請します。クライアント証明書がなくても申請できます。
refused-step-close = ブラウザの画面をすべて閉じます。閉じるまで、ブラウザは前に選んだ証明書（または「キャンセル」）を覚えています。
refused-step-choose = ブラウザを開き直して、もう一度ログインのページを開き、証明書を選ぶ画面でご自分のユーザＩＤの証明書を選びます。
refused-step-choose-other = ブラウザを開き直して、もう一度ログインのページを開き、証明書を選ぶ画面で、ログインするユーザＩＤの証明書を選びます。
refused-step-newer = 新しい証明書をすでにお持ちの場合は、ブラウザの画面をすべて閉じてから開き直し、新しい証明書（名前の年が新しいもの）を選びます。
refused-step-apply = お持ちでない場合は、「証明書発行サービス」にログインし、証明書の発行を申請します。クライアント証明書がなくても申請できます。
refused-step-reissued = パスワードを再発行された場合は、新しく届いたお知らせのパスワードで申請します。失効の理由に心当たりがない場合は、お問い合わせください。
refused-step-clock = パソコンの日付と時刻が正しいかどうかを確かめます。
refused-step-older = 前の証明書がまだ有効な場合は、有効期間が始まるまで前の証明書をお使いください。
refused-step-same = ユーザＩＤの入力まちがいの場合は、ログインのページに戻って入力し直します。
refused-step-ask = 下のお問い合わせ先に、受付番号を添えてお問い合わせください。
refused-to-guide = 取り込みの手順を見る
refused-to-service = 証明書発行サービスへ
refused-to-login = ログインのページに戻る
