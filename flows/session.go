package flows

// Session is where a contact stands in the flows.
type Session struct{}
