package bot

import (
	"math"
	"testing"
)

// The examples of R. G. Newcombe, Statistics in Medicine 17 (1998): intervals for the
// single proportion (p. 861, table I, method 3) and for the difference of two (p. 873,
// table II, method 10).
func TestIntervalsAreThoseOfThePaper(t *testing.T) {
	t.Parallel()
	near := func(got, want float64) bool { return math.Abs(got-want) < 0.00006 }
	for _, tc := range []struct {
		k, n int
		want Interval
	}{
		{81, 263, Interval{0.2553, 0.3662}},
		{15, 148, Interval{0.0624, 0.1605}},
		{0, 20, Interval{0, 0.1611}},
		{1, 29, Interval{0.0061, 0.1718}},
		{29, 29, Interval{0.8830, 1}},
		{0, 0, Interval{0, 1}},
	} {
		if got := wilson(tc.k, tc.n); !near(got.Low, tc.want.Low) || !near(got.High, tc.want.High) {
			t.Errorf("%d of %d: %.4f to %.4f, want %v", tc.k, tc.n, got.Low, got.High, tc.want)
		}
	}
	for _, tc := range []struct {
		k1, n1, k2, n2 int
		want           Interval
	}{
		{56, 70, 48, 80, Interval{0.0524, 0.3339}},
		{9, 10, 3, 10, Interval{0.1705, 0.8090}},
		{6, 7, 2, 7, Interval{0.0582, 0.8062}},
		{5, 56, 0, 29, Interval{-0.0381, 0.1926}},
		{0, 10, 0, 20, Interval{-0.1611, 0.2775}},
		{0, 10, 0, 10, Interval{-0.2775, 0.2775}},
		{10, 10, 0, 20, Interval{0.6791, 1}},
		{10, 10, 0, 10, Interval{0.6075, 1}},
		{1, 0, 1, 5, Interval{-1, 1}},
	} {
		if got := newcombe(tc.k1, tc.n1, tc.k2, tc.n2); !near(got.Low, tc.want.Low) || !near(got.High, tc.want.High) {
			t.Errorf("%d/%d - %d/%d: %.4f to %.4f, want %v", tc.k1, tc.n1, tc.k2, tc.n2, got.Low, got.High, tc.want)
		}
	}
}
