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
	kind   typeKind
	elem   *typ           // of a list; nil: unknown
	fields map[string]typ // of an object; nil: unknown
	name   string         // what holds the fields, for messages: "event restock", "data.shoes"
	// empty says that the value may be nil for a reason the author should see: an
	// optional field that may not be filled.
	empty bool
	// shown is how a mixed value prints when it is of that kind: a date with a
	// text as default is of any kind, and shown as a date.
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
