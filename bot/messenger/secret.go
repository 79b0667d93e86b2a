package messenger

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a token or key. It prints, logs and marshals as "[redacted]"; only a
// conversion to string reveals it.
type Secret string

var (
	_ fmt.Formatter  = Secret("")
	_ slog.LogValuer = Secret("")
)

func (Secret) String() string { return redacted }

// Format covers every verb, %x and %#v too.
func (Secret) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }

func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText serves encoders other than JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
