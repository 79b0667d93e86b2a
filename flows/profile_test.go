package flows

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// What a channel shows is there in each language that translates any of it; what it does
// is the same in all.
func TestProfiles(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte(`name: Foulée
locale: fr
channels:
  messenger:
    greeting: Bonjour {{ user_first_name }} !
    ice_breakers: [{label: Ma pointure, go: hi}]
    menu: [{label: La boutique, open: "https://foulee.example"}, {label: 👟, go: hi}]
  quiet: {type: messenger}
`)},
		"flows/hi.yaml":      {Data: []byte("steps:\n  - say: Salut\n")},
		"locales/de.yaml":    {Data: []byte("Bonjour {{ user_first_name }} !: Hallo {{user_first_name}}!\nLa boutique: Der Laden\nMa pointure: Meine Größe\nSalut: Hallo\n")},
		"locales/en.yaml":    {Data: []byte("Salut: Hi\n")},
		"locales/pt_BR.yaml": {Data: []byte("Ma pointure: Meu número\n")},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	hi := Payload{Go: "hi"}.Encode()
	of := func(language, greeting, size, shop string) Profile {
		return Profile{
			Language: language, Greeting: greeting, IceBreakers: []Button{{Label: size, Payload: hi}},
			Menu: []Button{{Label: shop, Open: "https://foulee.example"}, {Label: "👟", Payload: hi}},
		}
	}
	want := []Profile{
		of("fr", "Bonjour {{user_first_name}} !", "Ma pointure", "La boutique"),
		of("de", "Hallo {{user_first_name}}!", "Meine Größe", "Der Laden"),
		of("pt-BR", "Bonjour {{user_first_name}} !", "Meu número", "La boutique"),
	}
	if diff := cmp.Diff(want, p.Profiles("messenger")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := append(p.Profiles("quiet"), p.Profiles("nowhere")...); len(got) > 0 {
		t.Errorf("%v, where nothing is shown", got)
	}
}
