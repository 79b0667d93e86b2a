package bot_test

import "maps"

// flagship is the shop of the design: it asks for a size, offers to watch it, tells
// when it is back, and has news on Mondays.
var flagship = map[string]string{
	"bot.yaml": `
name: Foulée
locale: fr
timezone: Europe/Paris
region: EU
fields:
  size: {type: number, min: 35, max: 48}
  card: {type: text, unique: true}
topics:
  restock:
    title: Ta pointure est de retour
    cadence: [daily, weekly, monthly]
    interest: {model: text, size: number}
  nouveautes:
    title: Les nouveautés de la semaine
    cadence: [weekly, monthly]
events:
  restock: {model: text, size: number, url: text}
rate: 40/s
channels:
  messenger:
    notifications: [recurring]
`,
	"flows/restock.yaml": `
triggers:
  - keywords: [pointure, stock, rupture]
steps:
  - ask: Quelle pointure cherches-tu ?
    save: contact.size
    choices: [41, 42]
  - opt_in: restock
    about: {model: Gazelle, size: "{{ contact.size }}"}
    cadence: [daily]
    accepted:
      - say: C'est noté !
    declined:
      - say: Pas de souci.
`,
	"flows/back_in_stock.yaml": `
triggers:
  - event: restock
    topic: restock
    where: event.model == interest.model && event.size == interest.size
steps:
  - say: La {{ event.model }} en {{ event.size }} est de retour !
    buttons: [{label: Stop, opt_out: restock}]
`,
	"flows/monday.yaml": `
triggers:
  - cron: 0 9 * * MON
    topic: nouveautes
steps:
  - say: Les nouveautés de la semaine 👟
`,
	"flows/hello.yaml": `
triggers:
  - fallback: true
steps:
  - say: Bonjour !
`,
}

// with is a bot with some of its files written anew; an empty one is left out.
func with(files map[string]string, changes ...string) map[string]string {
	out := maps.Clone(files)
	for i := 0; i+1 < len(changes); i += 2 {
		out[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(out, changes[i])
		}
	}
	return out
}
