package flows

import "testing"

func TestAFixChangesItsStretchAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		fix        Fix
		want       string
	}{
		{"in a line", "a\nbé c\nd\n", Fix{2, 2, 2, 3, "ee"}, "a\nbee c\nd\n"},
		{"at its end", "a\nb\n", Fix{1, 2, 1, 2, ":"}, "a:\nb\n"},
		{"several lines", "a\nb\nc\n", Fix{1, 1, 2, 2, "x\ny"}, "x\ny\nc\n"},
		{"ends of lines of Windows", "a\r\nb\r\n", Fix{2, 1, 2, 2, "c"}, "a\r\nc\r\n"},
		{"ends of lines of old", "a\rb\r", Fix{2, 1, 2, 2, "c"}, "a\rc\r"},
		{"behind the mark of UTF-8", "\ufeffa\n", Fix{1, 1, 1, 2, "b"}, "\ufeffb\n"},
		{"a last line without end", "a\nb", Fix{2, 1, 2, 2, "c"}, "a\nc"},
		{"a line that is not there", "a\n", Fix{3, 1, 3, 2, "b"}, "a\n"},
		{"a column that is not there", "a\nb\n", Fix{1, 1, 1, 9, "b"}, "a\nb\n"},
		{"backwards", "abc\n", Fix{1, 3, 1, 1, "x"}, "abc\n"},
	} {
		if got := string(test.fix.Apply([]byte(test.text))); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
