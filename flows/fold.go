package flows

// fold brings what people type to a form to compare.
func fold(s string) string { return s }
