package flows

import "testing"

func TestTheLanguageOfATemplate(t *testing.T) {
	t.Parallel()
	texts := func(languages ...string) map[string]string {
		out := map[string]string{}
		for _, l := range languages {
			out[l] = "Bonjour"
		}
		return out
	}
	p := &Program{Bot: Bot{Locale: "fr", Templates: []Approved{
		{Name: "shipped", Texts: texts("fr_FR", "en_GB", "en_US", "pt_BR", "de")},
		{Name: "mainland", Texts: texts("zh_CN", "fr_FR")},
		{Name: "island", Texts: texts("zh_TW", "en_US")},
		{Name: "chinese", Texts: texts("zh_CN", "zh_HK", "zh_TW")},
		{Name: "balkan", Texts: texts("sr_RS", "hr_HR")},
		{Name: "foreign", Texts: texts("ja_JP", "ko_KR")},
	}}}
	for _, c := range []struct{ name, tag, want string }{
		{"shipped", "fr", "fr_FR"},
		{"shipped", "fr-CA", "fr_FR"},
		{"shipped", "en", "en_US"},
		{"shipped", "en-GB", "en_GB"},
		{"shipped", "en-AU", "en_US"},
		{"shipped", "de", "de"},
		{"shipped", "de-AT", "de"},
		{"shipped", "pt-PT", "pt_BR"},
		{"shipped", "es", "fr_FR"},     // the bot's
		{"mainland", "zh-TW", "fr_FR"}, // written otherwise
		{"mainland", "zh-SG", "zh_CN"},
		{"mainland", "zh", "zh_CN"},
		{"island", "zh-HK", "zh_TW"},
		{"island", "zh-CN", "en_US"}, // the first
		{"chinese", "zh-TW", "zh_TW"},
		{"chinese", "zh-MO", "zh_HK"},
		{"chinese", "zh-SG", "zh_CN"},
		{"balkan", "sr", "sr_RS"},
		{"balkan", "sr-Latn", "hr_HR"}, // the first
		{"foreign", "es", "ja_JP"},     // the first
		{"unlisted", "fr", "fr_FR"},
		{"unlisted", "pt", "pt_BR"},
		{"unlisted", "fr-CA", "fr_CA"},
	} {
		if got := p.templateLanguage(c.name, c.tag); got != c.want {
			t.Errorf("%s in %s goes as %s, want %s", c.name, c.tag, got, c.want)
		}
	}
}
