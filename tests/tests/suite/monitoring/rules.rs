//! The alert rules, judged by Prometheus' own tool.

use inkan_tests::program::tool;
use inkan_tests::repository::root;

#[test]
fn prometheus_reads_the_rules_and_they_speak_when_they_should() {
    let folder = root().join("config/prometheus");
    let file = |name: &str| folder.join(name).display().to_string();
    let checked = tool("promtool", ["check", "rules", &file("alerts.yml")]).ok();
    assert!(checked.out.contains("rules found"), "{}", checked.out);
    let tested = tool("promtool", ["test", "rules", &file("alerts-test.yml")]).ok();
    assert!(tested.out.contains("SUCCESS"), "{}", tested.out);
}

#[test]
fn each_rule_says_how_bad_it_is_and_what_to_do() {
    let text = std::fs::read_to_string(root().join("config/prometheus/alerts.yml"));
    let text = text.expect("the rules");
    let rules: Vec<&str> = text.split("- alert:").skip(1).collect();
    assert!(rules.len() > 10, "{} rules", rules.len());
    for rule in rules {
        for part in ["expr:", "severity:", "summary:", "action:"] {
            assert!(rule.contains(part), "{part} is missing:\n{rule}");
        }
    }
}
