package simulate

// zones are the thirty time zones that people live in if nothing is said, by weight:
// whole hours, halves and quarters, with and without summer time, on both sides of the
// date line.
var zones = map[string]float64{
	"Europe/Paris": 4, "Europe/London": 4, "Europe/Madrid": 3, "Europe/Rome": 3, "Europe/Berlin": 3, "Europe/Lisbon": 1.5, "Europe/Athens": 1,
	"Europe/Istanbul": 1, "Africa/Casablanca": 1, "Africa/Cairo": 1, "Africa/Johannesburg": 1, "Africa/Lagos": 1,
	"America/New_York": 2, "America/Chicago": 1, "America/Denver": 0.5, "America/Los_Angeles": 1.5, "America/Sao_Paulo": 1, "America/St_Johns": 0.5,
	"America/Caracas": 0.5, "America/Mexico_City": 1, "Asia/Dubai": 0.5, "Asia/Kolkata": 1, "Asia/Kathmandu": 0.5, "Asia/Tokyo": 1, "Asia/Shanghai": 0.5,
	"Australia/Sydney": 1, "Australia/Adelaide": 0.5, "Australia/Lord_Howe": 0.3, "Pacific/Auckland": 0.5, "Pacific/Apia": 0.3,
}

// towns are what people write who move.
var towns = []string{"Paris", "London", "Madrid", "Rome", "Berlin", "Lisbon", "New York", "Tokyo", "Sydney", "Dubai"}

// names are what people are called.
var names = []string{
	"Ada", "Amir", "Anna", "Bao", "Carla", "Chidi", "Diego", "Elif", "Emil", "Fatou", "Giulia", "Hana", "Hugo", "Ines", "Ivan", "Jonas", "Kofi",
	"Lena", "Lola", "Maya", "Marco", "Mina", "Nora", "Omar", "Pia", "Rui", "Sam", "Tess", "Uma", "Wim", "Yara", "Zoé",
}

// nonsense is what people write who do not answer.
var nonsense = []string{"asdf", "???", "what is this", "hm", "😅", "later maybe"}
