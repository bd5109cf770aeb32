# Agents and offices: the chooser, the list of functions, the console's delegations.

access-reference = 参照ユーザ
access-choose = 切り替える
access-itself = { $id }（自分）
access-title = 利用できる機能
access-title-for = { $name }について利用できる機能
access-choose-hint = 事業所について利用するときは、参照ユーザを切り替えてください。
access-no-office = 今、委任を受けている事業所はありません。
access-has-agent = 請求は代理人に委任されています。代理人だけが行う操作は、ここではできません。
access-lapsed = 参照ユーザを自分に戻しました
access-lapsed-text = 選んでいた事業所の委任が終わったため、参照できなくなりました。
access-empty = 利用できる機能はありません。
access-not-yet = 準備中
access-elsewhere = 別のシステム
