package messenger

import (
	"encoding/json"
	"errors"
)

var errIdent = errors.New("not an id")

// ident is an id: the platform writes strings, and wrote numbers in its time.
type ident string

func (i *ident) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) > maxID:
		return errIdent
	case string(b) == "null":
		return nil
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*i = ident(clean(s, maxID))
		return nil
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return errIdent
		}
	}
	*i = ident(b)
	return nil
}
