package bot

import (
	"encoding/json"
	"errors"
	"strconv"
)

const exactInteger = 1 << 53 // integers below this are exact as float64

// PlainNumbers turns the numbers of a JSON value, as json.Decoder.UseNumber lets them be
// read, into float64. An integer that does not fit stays the digits it was: it is a
// number by name only, an article's or an order's.
func PlainNumbers(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil, errors.New("is too large a number")
		}
		if _, err := strconv.ParseInt(v.String(), 10, 64); (err == nil || errors.Is(err, strconv.ErrRange)) && (f >= exactInteger || f <= -exactInteger) {
			return v.String(), nil
		}
		return f, nil
	case []any:
		for i := range v {
			value, err := PlainNumbers(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = value
		}
	case map[string]any:
		for name := range v {
			value, err := PlainNumbers(v[name])
			if err != nil {
				return nil, err
			}
			v[name] = value
		}
	}
	return v, nil
}
