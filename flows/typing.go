package flows

// typeKind is the kind of a value, as the language sees it.
type typeKind uint8

const (
	anyKind typeKind = iota // unknown: everything is allowed
	nilKind
	boolKind
	numberKind
	textKind
	dateKind    // "2006-01-02"
	timeKind    // "15:04"
	instantKind // RFC 3339
	listKind
	objectKind
)

// typ is the type of an expression.
type typ struct {
	kind    typeKind
	elem    *typ           // of a list; nil: unknown
	fields  map[string]typ // of an object; nil: unknown
	name    string         // what holds the fields, for messages: "event restock", "data.shoes"
	options []string       // of a choice
	offered [][2]string    // of an answer: the labels that were offered, and the value of each
	rows    int            // of a list out of data/: how long it is
	// empty says that the value may be nil for a reason the author should see: an
	// optional field that may not be filled.
	empty bool
	// most is how many characters the longest of its values has, 0 if nobody knows.
	most int
	// shown is how a mixed value prints: a date with a text as default is of any
	// kind, and shown as a date.
	shown typeKind
}

var (
	anyType     = typ{}
	nilType     = typ{kind: nilKind}
	boolType    = typ{kind: boolKind}
	numberType  = typ{kind: numberKind}
	textType    = typ{kind: textKind}
	dateType    = typ{kind: dateKind}
	timeType    = typ{kind: timeKind}
	instantType = typ{kind: instantKind}
	listType    = typ{kind: listKind}
)

// listOf is a list of something.
func listOf(t typ) typ { return typ{kind: listKind, elem: &t} }

// of is what a list holds.
func (t typ) of() typ {
	if t.kind == listKind && t.elem != nil {
		return *t.elem
	}
	return anyType
}

// describe names a type with its article.
func (t typ) describe() string {
	switch t.kind {
	case nilKind:
		return "nil"
	case boolKind:
		return "true or false"
	case numberKind:
		return "a number"
	case textKind:
		return "a text"
	case dateKind:
		return "a date"
	case timeKind:
		return "a time of day"
	case instantKind:
		return "a moment"
	case listKind:
		return "a list"
	case objectKind:
		return "a record"
	}
	return "a value"
}

// textual says whether values of the type are texts underneath.
func (t typ) textual() bool {
	return t.kind == textKind || t.kind == dateKind || t.kind == timeKind || t.kind == instantKind
}

// fits says whether a value of type t can stand where want is needed. Texts stand
// for dates, since that is how dates are written.
func (t typ) fits(want typ) bool {
	if t.kind == anyKind || want.kind == anyKind || t.kind == want.kind || t.kind == nilKind {
		return true
	}
	return t.kind == textKind && want.textual() || t.textual() && want.kind == textKind
}

// comparable says whether t == u, or t < u, can ever hold.
func (t typ) comparable(u typ) bool { return t.fits(u) || u.kind == nilKind }

// join is the type of a value that is either.
func (t typ) join(u typ) typ {
	switch {
	case t.kind == nilKind:
		u.empty = true
		return u // nothing is shown for nil
	case u.kind == nilKind:
		t.empty = true
		return t
	case t.kind == u.kind:
		out := t
		out.empty = t.empty || u.empty
		out.most = longer(t, u)
		switch t.kind {
		case objectKind:
			out.fields = common(t.fields, u.fields)
		case listKind:
			if t.elem == nil || u.elem == nil {
				out.elem = nil
			} else {
				elem := t.elem.join(*u.elem)
				out.elem = &elem
			}
		case textKind:
			out.options, out.offered = nil, nil
		}
		return out
	}
	out := typ{empty: t.empty || u.empty, most: longer(t, u)}
	if t.textual() && t.kind != textKind {
		out.shown = t.kind
	} else if u.textual() && u.kind != textKind {
		out.shown = u.kind
	}
	return out
}

func common(a, b map[string]typ) map[string]typ {
	if a == nil || b == nil {
		return nil
	}
	out := make(map[string]typ)
	for name, t := range a {
		if u, ok := b[name]; ok {
			out[name] = t.join(u)
		}
	}
	return out
}

// standIn is what a value of the type is that was never set: false of a boolean, an
// empty list; nil of any other.
func (t typ) standIn() any {
	switch t.kind {
	case boolKind:
		return false
	case listKind:
		return []any{}
	}
	return nil
}

// printed is what show needs to know to print a value of the type.
func (t typ) printed() typeKind {
	if t.kind == anyKind {
		return t.shown
	}
	return t.kind
}

// typ is the type of a field's values.
func (f *Field) typ() typ {
	switch f.Type {
	case "number":
		t := numberType
		if f.Min != nil && f.Max != nil {
			t.most = max(runes(plainNumber(*f.Min)), runes(plainNumber(*f.Max)))
		}
		return t
	case "boolean":
		return boolType
	case "date":
		return dateType
	case "time":
		return timeType
	case "choice":
		t := typ{kind: textKind, options: f.Options}
		for _, o := range f.Options {
			t.most = max(t.most, runes(o))
		}
		return t
	case "list":
		if len(f.Of) > 0 {
			return listOf(record("an item of "+f.Name, f.Of))
		}
		return listType
	case "text":
		t := textType
		if f.Max != nil {
			t.most = int(*f.Max)
		}
		return t
	case "location":
		return typ{kind: objectKind, name: "the place", fields: map[string]typ{"lat": numberType, "lon": numberType}}
	}
	return textType
}

// record is an object with declared fields. Those that may be missing are not
// marked empty: of events and interests a shop is expected to send all.
func record(name string, fields []Field) typ {
	t := typ{kind: objectKind, name: name, fields: make(map[string]typ, len(fields))}
	for i := range fields {
		t.fields[fields[i].Name] = fields[i].typ()
	}
	return t
}
