package cmd

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

// What a transcript names must be there: the shop may be ahead of the bot, but the
// author of a transcript has both before them, and a misspelt name would test nothing.

func names[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = name(one)
	}
	return out
}

func fieldName(f flows.Field) string { return f.Name }

// fieldNames are the fields that bot.yaml declares.
func (s *stage) fieldNames() []string { return names(s.folder.program.Bot.Fields, fieldName) }

// topic says that there is no such topic.
func (s *stage) topic(name string) error {
	topics := names(s.folder.program.Bot.Topics, func(t flows.Topic) string { return t.Name })
	if !slices.Contains(topics, name) {
		return chat.Unknown("topic", name, topics)
	}
	return nil
}

// interest says what of an interest the topic does not have.
func (s *stage) interest(topic string, about map[string]string) error {
	if err := s.topic(topic); err != nil {
		return err
	}
	declared, _ := s.folder.program.Topic(topic)
	return allKnown("value of the interest in "+topic, about, names(declared.Interest, fieldName))
}

// event says that there is no such event, or what of its data is not declared.
func (s *stage) event(name string, data map[string]string) error {
	event, ok := s.folder.program.Event(name)
	if !ok {
		return chat.Unknown("event", name, names(s.folder.program.Bot.Events, func(t flows.EventType) string { return t.Name }))
	}
	return allKnown("value of event "+name+" called", data, names(event.Data, fieldName))
}

// allKnown finds the first name, in order, that is not known.
func allKnown[V any](what string, given map[string]V, known []string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			return chat.Unknown(what, name, known)
		}
	}
	return nil
}

// noBot says that a folder holds no other version of the bot, and which beside it do.
func (s *stage) noBot(folder, dir string) error {
	var known []string
	entries, _ := os.ReadDir(filepath.Dir(dir)) // a folder that cannot be read has none to name
	own, _ := os.Stat(s.folder.dir)
	for _, e := range entries {
		at := filepath.Join(filepath.Dir(dir), e.Name())
		if info, err := os.Stat(at); err == nil && holdsBot(at) && !os.SameFile(info, own) {
			known = append(known, path.Join(path.Dir(filepath.ToSlash(folder)), e.Name()))
		}
	}
	if len(known) == 0 {
		return chat.Trouble{Message: "there is no bot in the folder \"" + folder + "\""}
	}
	return chat.Unknown("folder with a bot", folder, known)
}

// localeForm is what the platform calls the language of a person.
var localeForm = regexp.MustCompile(`^[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*$`)

// described checks what a person line says of somebody.
func (s *stage) described(attrs map[string]string) error {
	known := append(s.fieldNames(), "last_name", "locale", "timezone", "channel")
	if err := allKnown("field", attrs, known); err != nil {
		return err
	}
	channels := names(s.stands, func(at stand) string { return at.account.Channel.Name })
	if channel := attrs["channel"]; channel != "" && !slices.Contains(channels, channel) {
		return chat.Unknown("channel", channel, channels)
	}
	if zone := attrs["timezone"]; zone != "" {
		if _, err := bot.Location(zone); err != nil {
			return chat.Trouble{Message: "there is no time zone \"" + zone + "\"", Hint: "write its name, as in Europe/Paris or America/New_York"}
		}
	}
	if locale := attrs["locale"]; locale != "" && !localeForm.MatchString(locale) {
		return chat.Trouble{Message: "\"" + locale + "\" is no locale", Hint: "write a language and a country, as in fr_FR or en_US"}
	}
	return nil
}
