package bot_test

import "testing"

func TestFlagship(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]")
	w.does(w.taps("zoe", "42"))
	w.expect("zoe", "(opt-in) Ta pointure est de retour  [Non merci]")
	w.stands("zoe", "restock", "asked")
	w.does(w.accepts("zoe"))
	w.expect("zoe", "C'est noté !")
	w.stands("zoe", "restock", "active")
	w.passes(3 * day)
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
	w.sells(back("2"))
	w.expect("zoe")
	w.decided("zoe", "sent lane=recurring", "held rule=cadence next=2026-03-31 19:00")
	w.does(w.taps("zoe", "Stop"))
	w.expect("zoe", "C'est fait : plus de messages « Ta pointure est de retour ».")
	w.stands("zoe", "restock", "stopped")
	w.decided("zoe", "sent lane=recurring", "skipped rule=consent")
}
