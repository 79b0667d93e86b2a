package emulator

import "time"

// Kinds of the platform's own lines in a chat. The phone words them in the
// person's language.
const (
	noteAccepted  = "accepted"  // Text: the topic
	noteStopped   = "stopped"   // Text: the topic
	noteResumed   = "resumed"   // Text: the topic
	noteOpened    = "opened"    // Text: the address
	noteReferred  = "referred"  // Text: the ref
	noteBlocked   = "blocked"   // the person blocked the Page
	noteUnblocked = "unblocked" //

	noteHandedOver = "handedOver" // the bot gave the conversation to people; Text: its note for them
	noteTakenBack  = "takenBack"  // the bot took it back
	noteHandedBack = "handedBack" // people gave it back
	noteTakenOver  = "takenOver"  // people took it
)

// note adds one of the platform's own lines to q's chat and returns its timestamp.
func (p *Platform) note(q *person, kind, text string) time.Time {
	return p.show(q, Shown{From: fromPlatform, Kind: kind, Text: text})
}

// words are what the platform itself writes on a phone: English, and the French of
// the people in our examples.
var words = map[string]map[string]string{
	"en": {
		"start": "Get Started",
		"ALLOW": "Allow messages", "GET": "Get messages", "GET_UPDATES": "Get updates",
		"OPT_IN": "Opt in to messages", "SIGN_UP": "Sign up for messages", "NOTIFY_ME": "Notify me",
	},
	"fr": {
		"start": "Démarrer",
		"ALLOW": "Autoriser les messages", "GET": "Recevoir les messages", "GET_UPDATES": "Recevoir",
		"OPT_IN": "Accepter les messages", "SIGN_UP": "S’inscrire aux messages", "NOTIFY_ME": "M’avertir",
	},
}

// word is one of words in the language of locale, else in English.
func word(locale, key string) string {
	if w := words[languageOf(locale)][key]; w != "" {
		return w
	}
	return words["en"][key]
}

// startLabel is the title of a tap on Get Started.
func startLabel(locale string) string { return word(locale, "start") }
