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
