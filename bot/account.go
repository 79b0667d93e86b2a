package bot

// Account is what one of several channels has for itself. What is left out is as bot.yaml
// says it for all.
type Account struct {
	Name   string  // in bot.yaml: "paris"; contact.channel
	Region string  // whose law its messages keep
	Rate   float64 // its pace in notifications a second
}

// accountOf is what the channel of a contact has for itself.
func (b *Bot) accountOf(contact string) Account {
	page, _, _ := splitID(contact)
	return b.accounts[page]
}
