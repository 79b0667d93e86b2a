package cmd

import (
	"slices"
	"strings"
)

// stale notices settings that stand otherwise now, in .env or in a file that a setting
// names, than the process read them when it started. What is taken up while it runs is no
// matter of its.
type stale struct {
	names             []string
	began, last, told map[string]string // by name
}

// staleOf begins with what stands there now.
func staleOf(names []string, env *environment) *stale {
	s := &stale{told: map[string]string{}}
	s.names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.HasSuffix(name, "_ACCESS_TOKEN") })
	s.began = s.read(env)
	s.last = s.began
	return s
}

func (s *stale) read(env *environment) map[string]string {
	values := map[string]string{}
	for _, name := range s.names {
		if value, err := env.get(name); err == nil {
			values[name] = value
		}
	}
	return values
}

// look names what has changed and was not named yet. What is just being written has
// another value the next time.
func (s *stale) look(env *environment) (changed []string) {
	now := s.read(env)
	for _, name := range s.names {
		value, known := now[name]
		if known && value == s.last[name] && value != s.told[name] && value != s.began[name] {
			changed = append(changed, name)
			s.told[name] = value
		}
		if known && value == s.began[name] {
			delete(s.told, name)
		}
	}
	s.last = now
	return changed
}
