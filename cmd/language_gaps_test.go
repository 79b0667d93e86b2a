package cmd

// unproven is what of the language no transcript shows, and why. It is to be empty:
// TestLanguage fails for what is missing here, and for what is proven by now.
var unproven = map[string]string{}
