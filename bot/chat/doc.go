// Package chat plays transcripts: tests of a bot that read like the chat they
// test. A transcript is a file of a bot's chats folder; "relance test" plays all of
// them, and Run does so in a Go test. REFERENCE.md tells bot authors how to write one.
//
//	# Zoé asks for a 42, says yes, and is told.
//	at 2026-03-27 18:00 Europe/Paris
//	person Zoé (locale=fr_FR, timezone=Europe/Paris)
//	> stock
//	< Quelle pointure cherches-tu ?  [41] [42] [43]
//	> [42]
//	< (opt-in) Ta pointure est de retour  [Non merci]
//	> (accept)
//	< C'est noté !
//	@ +3d
//	! event restock model=Gazelle size=42 url=https://foulee.example/g42
//	< Zoé : la Gazelle en 42 est de retour !  [J'achète] [Stop]
//	= decision sent lane=recurring
//
// # The language
//
// One line is one thing, by how it begins:
//
//	#       a comment, on a line of its own
//	at      DATE TIME [ZONE]: when it begins (Monday 2026-01-05 10:00 in the bot's zone)
//	seed    N: one_of and split choose by this chance instead of their first
//	person  NAME [(key=value, …)]: whose chat follows; made when first named
//	given   consent TOPIC [CADENCE] [k=v …]: they said yes before
//	>       what they write, [Label] they tap, or an act: (accept) (stop TITLE)
//	        (resume TITLE) (start) (referral REF) (image URL) (location LAT,LON)
//	        (react ❤) (comment TEXT) (block) (open LABEL) (postback PAYLOAD)
//	<       what the bot says next
//	@       moves the clock: +3d, +59h59m, 2026-03-30 09:00, MON 09:01
//	!       the world: event NAME k=v … [contact=NAME], call HANDLER returns JSON,
//	        call HANDLER fails, or fails timeout (unreachable, refused, failed, bad answer),
//	        error CODE[/SUBCODE] [xN], timeout, echo, crash, down 6h, deploy FOLDER
//	        (another bot.yaml with its flows, locales and data, named from the bot's
//	        folder, takes over what is stored),
//	        take_over and hand_back (people of the Page take the conversation, or give it
//	        back to the bot)
//	=       what is stored: FIELD VALUE, consent TOPIC STATUS [CADENCE],
//	        decision KIND [rule=…] [lane=…], step flow#id, goal NAME
//
// A value with blanks is quoted; \" and \\ are the escapes inside. A value of "" says
// that a field is not set, and the word none that there is no consent, decision or step. Weeks
// and days are those of the calendar of the person, hours and minutes exact; dates
// and days of the week are those of the zone of "at". A person's own text that
// begins with a bracket has a \ before it.
//
// # What the bot says
//
// A message is its text, then two blanks, then the labels of its buttons and quick
// replies in brackets. ⏎ is a line break, … any text, /regex/ (of Go's regexp
// package) a pattern: alone it may match anywhere in a text, within a text it stands for
// what it matches there. Other messages begin with their kind: (opt-in) title, one
// line for each card of a carousel, (card) title — subtitle, and
//
//	(image) url      and so (video), (audio), (file) and (media)
//	(receipt)        ORDER — 2 × Gazelle, Laces — 204.70 EUR
//	(coupon)         TITLE — SUBTITLE — CODE
//	(template)       NAME — value — value, or NAME — name: value
//
// Quick replies of a carousel stand behind its last card. Every kind of blank is a
// blank, since nobody can see the difference; all else must be the same.
//
// Every message must be listed before the next thing happens; "< nothing" says that
// there was none. What another person is shown waits for their next person line.
// "=" may stand before or behind the messages. A transcript without a person line
// has someone in it whose name nobody knows.
//
// # Handlers
//
// "! call" says what the next call of a handler comes to, and stands in front of what
// makes the flow call it; several wait in order. An address of bot.yaml is never asked in
// a transcript: a call that no line prepared ends the transcript with a failure that
// names the handler, and so does a line that no call came to. A Go function that no line
// speaks of runs.
//
// # How it is played
//
//	chats/*.chat ─ Parse ─► Script ─ Play ─► Stage (a bot, its storage, platform, clock)
//	                                   └───► Failures, or with Update the repaired text
//
// This package knows nothing of the rest of the bot. What it needs of the world is a
// Stage, and a Factory makes one for each transcript. That is why Run takes a
// factory beside the folder.
//
// An expectation that does not hold is a Failure with a diff, and the player goes on
// behind it, so that one run shows all. A line that cannot be played (no such
// label, an event that is refused) ends its transcript. Where a message is missing
// that nobody asked for, a Stage that is an Explainer says why; one that is a Caller says
// which calls of handlers went wrong. An update rewrites "<" and
// "=" lines only, keeps patterns that still match, and changes nothing in a
// transcript that passes.
package chat
