package flows

import (
	"testing"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Stock":               "stock",
		"  STOCK !!! ":        "stock",
		"ÇA VA ?":             "ca va",
		"peut-être":           "peut etre",
		"J'achète":            "jachete",
		"j’achète":            "jachete",
		"straße":              "strasse",
		"Œuf & bœuf":          "oeuf boeuf",
		"Đồng ý":              "dong y",
		"Łódź":                "lodz",
		"stop 🛑":              "stop",
		"👍🏽":                  "",
		"❤️":                  "",
		"42,5":                "42 5",
		"ＦＵＬＬ":                "full",
		"a\u00a0b\u202fc\nd":  "a b c d",
		"...":                 "",
		"":                    "",
		"привет МИР":          "привет мир",
		"e\u0301te\u0301":     "ete",
		"l'arrêt, s'il vous…": "larret sil vous",
	} {
		if got := fold(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestFoldIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		once := fold(text)
		if twice := fold(once); twice != once {
			t.Fatalf("%q folds to %q, and that to %q", text, once, twice)
		}
	})
}

// What saves the making of a text says what the text would.
func TestFoldShortcuts(t *testing.T) {
	t.Parallel()
	texts := rapid.OneOf(rapid.StringMatching(`[abAB1 '!`+"`"+`-]{0,8}`), rapid.StringMatching(`[abé ß’.]{0,6}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		text, other := texts.Draw(t, "text"), texts.Draw(t, "other")
		folded := fold(text + "!") // which is not folded yet
		if got := fold(text); got != folded {
			t.Fatalf("%q folds to %q, with a sign behind it to %q", text, got, folded)
		}
		for _, to := range []string{folded, fold(other), folded + "a", folded + " a", folded[:len(folded)/2]} {
			is, empty := foldsTo(text, to)
			if empty != (folded == "") || is != (folded == to && !empty) {
				t.Fatalf("%q, which folds to %q, folds to %q: %v, empty %v", text, folded, to, is, empty)
			}
		}
	})
}
