//! What ends is told to those who run the service: by mail, in the log and on the console's first page.

use inkan_tests::database::Engine;
use inkan_tests::mail::Mail;
use inkan_tests::service::Service;

const DAY: i64 = 86_400_000;

#[test]
fn an_operators_certificate_does_not_end_unannounced() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = Service::set_up_with(engine, "operators.mail = [\"run@example.jp\"]");
        let _site = service.start_site();
        let suzuki = service.operator("suzuki");
        service.work_once().ok();
        assert!(service.mails().is_empty(), "nothing ends yet");
        let mut sql = service.database.connect();
        let mut end_in = |days: i64| {
            let at = chrono::Utc::now().timestamp_millis() + days * DAY;
            sql.run(&format!(
                "UPDATE certificate SET not_after = {at} WHERE purpose = 'operator'"
            ));
        };

        end_in(20);
        let said = service.work_once().ok();
        assert!(said.err.contains("within_days=30"), "{}", said.err);
        let mails = service.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        let mail = Mail::of(&mails[0]);
        assert!(mail.header("To").contains("run@example.jp"));
        let subject = mail.header("Subject");
        assert!(subject.contains("審査担当者の証明書 suzuki"), "{subject}");
        assert!(mail.text.contains("operator renew suzuki"), "{}", mail.text);
        let desk = suzuki.signed_in();
        desk.open("/console")
            .shows(&["対応を待っているもの", "担当者 suzuki の証明書の期限"]);

        end_in(5);
        service.work_once().ok();
        assert_eq!(service.mails().len(), 2, "the mark of a week");
        service.work_once().ok();
        assert_eq!(service.mails().len(), 2, "once");
        desk.open("/console").shows(&[
            "担当者 suzuki の証明書の期限",
            "ca-cli operator renew suzuki",
        ]);
    }
}
