package flows

import "slices"

// Code is a kind of finding: what stands in brackets behind a message.
type Code struct {
	Name    string
	Summary string
}

// Codes are all kinds of findings, in the order of the reference.
func Codes() []Code { return slices.Clone(codes) }

var codes = []Code{
	{"file", "A file or folder is missing, cannot be read, or is called by a name that is not read."},
	{"file-empty", "A file holds nothing."},
	{"file-encoding", "A file is not UTF-8, or holds an invisible character."},
	{"file-size", "A file, or a line of it, is too large."},

	{"yaml-tab", "A tab stands in the indentation; YAML takes blanks only."},
	{"yaml-space", "A no-break space stands where YAML needs a blank."},
	{"yaml-indent", "A line is indented so that it belongs to nothing above it."},
	{"yaml-colon", "A colon is missing, lacks its blank, or stands in an unquoted text."},
	{"yaml-dash", "A dash is missing, or the blank behind it."},
	{"yaml-quote", "A quote is never closed, or closes in the middle of a text."},
	{"yaml-escape", "A backslash in double quotes means nothing."},
	{"yaml-bracket", "A bracket or brace is not closed, or closes nothing."},
	{"yaml-inline", "A text inside brackets or braces holds a character that needs quotes."},
	{"yaml-braces", "A value begins with an unquoted {{."},
	{"yaml-start", "An unquoted value begins with a character that YAML keeps for itself: @ ` % * & ! | > and others."},
	{"yaml-tag", "An unquoted ! is read as a tag."},
	{"yaml-comment", "A # behind an unquoted text or expression turns the rest of the line into a comment."},
	{"yaml-null", "A key or an item of a list has no value."},
	{"yaml-duplicate", "A key stands twice in one map."},
	{"yaml-key", "Something stands as a key that cannot be one."},
	{"yaml-merge", "Merge keys (<<) are not allowed."},
	{"yaml-bound", "Values are nested too deep, too many, or an anchor holds itself."},
	{"yaml-documents", "A second document begins in a file."},
	{"yaml-syntax", "A line cannot be read, for a reason nobody could find."},

	{"shape", "A value is a text, list or map where another of them is needed."},
	{"key-unknown", "A key means nothing where it stands."},
	{"key-missing", "A key that is needed is missing."},
	{"value-unknown", "A value is none of those that are possible."},
	{"value-twice", "A value stands twice in a list."},
	{"not-literal", "A template stands where a fixed value is needed."},
	{"not-available", "Something belongs to the language, but this version does not run it."},
	{"name", "Something cannot be a name."},
	{"number", "A number is missing, or too small or large."},
	{"boolean", "A value must be true or false."},
	{"duration", "A duration cannot be read, or is none."},
	{"time", "A time cannot be read."},
	{"link", "An address does not begin with https://."},
	{"phone", "A telephone number does not begin with + and its country."},
	{"text-empty", "A text that people read is empty."},
	{"too-long", "A text is longer than the platform shows."},
	{"too-many", "A list is longer than the platform shows."},

	{"locale", "A language has no such name."},
	{"timezone", "A time zone has no such name."},
	{"field", "A contact field cannot be declared like this."},
	{"quiet-hours", "Quiet hours cannot be read, or swallow every notification of a flow."},
	{"rate", "A rate cannot be read."},

	{"trigger", "An item of triggers: is none, or several, or has no sense."},
	{"trigger-twice", "Two flows are started by the same thing."},
	{"keyword-stop", "A keyword is a stop word, so it never starts its flow."},
	{"pattern", "A regular expression cannot be read."},
	{"cron", "A cron expression cannot be read, or never fires."},
	{"holdout", "A share of people cannot be read."},
	{"silent", "A flow for a topic says nothing, or stands still before its first message."},

	{"flow-empty", "A flow has no steps."},
	{"step-unknown", "A step has no verb, or one nobody knows."},
	{"step-verb", "A step has two verbs."},
	{"step-id", "Something cannot be the id of a step."},
	{"id-twice", "Two steps of a flow have the same id."},
	{"step-missing", "A step is named that is not there."},
	{"button", "A button does nothing, or several things."},
	{"quick-reply", "A quick reply is to do what only a button can."},
	{"choice", "A choice is no answer to its question."},
	{"cadence", "A cadence is offered that its topic does not have."},
	{"wait", "A wait mixes what does not belong together."},
	{"unstarted", "Nothing starts a flow, and nothing leads to it."},
	{"window", "A message comes so late that it waits until the person writes."},
	{"unreachable", "A step is never reached."},
	{"go-loop", "Flows lead to one another for ever without a question or a wait."},
	{"run-deep", "Flows run one another deeper than the machine goes."},

	{"flow-unknown", "A flow is named that is not there."},
	{"topic-unknown", "A topic is named that bot.yaml does not have."},
	{"title-twice", "Two topics have the same title, by which the platform tells them apart."},
	{"topic-unasked", "No flow asks people to agree to a topic."},
	{"event-unknown", "An event is named that bot.yaml does not have."},
	{"field-unknown", "A contact field is named that bot.yaml does not have."},
	{"persona-unknown", "A persona is named that bot.yaml does not have."},
	{"input-unknown", "A flow is given an input it does not have."},
	{"interest-unknown", "An interest is given a field that its topic does not have."},
	{"interest-missing", "People are asked about a topic, and not what they want to hear of it."},
	{"name-unknown", "A name in an expression is not known where it stands."},
	{"name-unused", "A name is saved and used nowhere."},

	{"template", "{{ or }} stands alone, or a name in single braces."},
	{"expression", "An expression uses what is not part of the language."},
	{"expression-syntax", "An expression cannot be read."},
	{"expression-empty", "An expression is empty."},
	{"expression-braces", "A bare expression stands in {{ }}."},
	{"expression-bound", "An expression is too long, or would run too long."},
	{"type", "Values of types that do not fit are compared, computed or passed."},
	{"function", "A function is called with what it does not take."},
	{"function-unknown", "A function is called that there is not."},
	{"may-be-empty", "A value may be nil where people would read nothing."},

	{"data", "A table of data/ cannot be read."},
	{"data-unknown", "A table is named that data/ does not have."},
	{"locale-key", "A framework text is overridden that there is not."},
	{"locale-missing", "Texts have no translation."},
	{"locale-stale", "A translation belongs to no text any more."},
}
