package bot

import "context"

// Profile is what a platform tells about a person. Everything in it may be
// missing: platforms ask for permissions before they tell.
type Profile struct {
	FirstName string
	LastName  string
	Locale    string // as the platform writes it: "fr_FR"
	// TimezoneOffset is hours east of Greenwich when it was asked. It is no zone:
	// it knows no daylight saving. nil if unknown.
	TimezoneOffset *float64
}

// Profiler is a Channel that can look people up. A failed look-up never matters:
// the caller goes on with what it knows.
type Profiler interface {
	Profile(ctx context.Context, person string) (Profile, error)
}
