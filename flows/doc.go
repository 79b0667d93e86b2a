// Package flows is the language bot authors write conversations in, and the
// machine that runs them. It is pure: no clock, no IO but the file system it is
// given, nothing of the rest of Relance.
//
// A bot folder goes this way:
//
//	files ─ source, decode ─► nodes ─ fields ─► Bot, triggers, steps ─ checker ─► Program
//	          │ syntax, explain               │ dialect (expressions)   │
//	          └───────────────► Diagnostics ◄─┴─────────────────────────┘
//
// Load reads a folder, Compile the sources of a stored program; what is wrong in
// either is Diagnostics, never an error. Program.Advance takes a person's Session
// and one Input to the next session and the Effects the caller must do.
//
// Start reading at load.go for how a program is made, at step.go for the kinds of
// steps, and at advance.go for how it runs. REFERENCE.md is the language for its
// authors; every sample in it is a test.
package flows
