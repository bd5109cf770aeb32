//! From when on a revocation list or an OCSP response counts: `thisUpdate` (RFC 5280 section 5.1.2.4, RFC 6960
//! section 4.2.2.1).

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// How far `thisUpdate` is set back, as the certificates' `notBefore` is: a reader whose clock is behind by less does
/// not take what was signed just now for something of the future, which would shut everybody out.
pub const SET_BACK: TimeDelta = TimeDelta::minutes(5);

/// `thisUpdate` of what is signed at `now`, in whole seconds: set back, yet later than its predecessor's, so that the
/// two can be told apart by their dates (RFC 9110 section 8.8.2). A predecessor of the future was signed under a
/// wrong clock and does not count.
#[must_use]
pub fn this_update(now: DateTime<Utc>, predecessor: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let now = now.trunc_subsecs(0);
    let set_back = now - SET_BACK;
    let after = predecessor.filter(|last| *last <= now);
    after.map_or(set_back, |last| {
        set_back.max(last.trunc_subsecs(0) + TimeDelta::seconds(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_set_back_and_always_later_than_its_predecessor() {
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let now = at(0) + TimeDelta::milliseconds(700);
        assert_eq!(this_update(now, None), at(-300));
        assert_eq!(this_update(now, Some(at(-4_000))), at(-300));
        for last in [-301, -300, -200, -1, 0] {
            assert_eq!(
                this_update(now, Some(at(last))),
                at((last + 1).max(-300)),
                "{last}"
            );
        }
        assert_eq!(
            this_update(now, Some(at(60))),
            at(-300),
            "the clock was set back"
        );
    }
}
