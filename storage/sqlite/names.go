package sqlite

import (
	"errors"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlNumber    = `SELECT number FROM contacts WHERE id = ?1`
	sqlNewNumber = `INSERT INTO contacts (id, known, first_name, last_name, locale, timezone, created_at, last_act, unreachable, program)
		VALUES (?1, 0, '', '', '', '', 0, 0, '', '') RETURNING number`
	// numberOf1 stands in a statement whose first parameter is a contact.
	numberOf1 = `(SELECT number FROM contacts WHERE id = ?1)`

	sqlWord       = `SELECT word FROM words WHERE number = ?1`
	sqlWordNumber = `SELECT number FROM words WHERE word = ?1`
	sqlNewWord    = `INSERT INTO words (word) VALUES (?1) RETURNING number`

	// maxNames bounds each of the maps of names.
	maxNames = 4096
)

// names is what a connection knows of the numbers of contacts and words. Words are
// never removed, so what was once read stays true; what a transaction added that is
// undone is forgotten with everything else. Only the writer keeps contacts, for as
// long as its transaction takes.
type names struct {
	numbers     map[string]int64
	words       map[int64]string
	wordNumbers map[string]int64
}

func newNames() names {
	return names{numbers: make(map[string]int64), words: make(map[int64]string), wordNumbers: make(map[string]int64)}
}

// forget is for when something was undone.
func (n *names) forget() {
	clear(n.numbers)
	clear(n.words)
	clear(n.wordNumbers)
}

func (n *names) knowWord(number int64, word string) {
	if len(n.words) >= maxNames {
		clear(n.words)
		clear(n.wordNumbers)
	}
	n.words[number], n.wordNumbers[word] = word, number
}

func (n *names) know(contact string, number int64) {
	if len(n.numbers) >= maxNames {
		clear(n.numbers)
	}
	n.numbers[contact] = number
}

// find looks for a contact's number.
func (c *conn) find(contact string) (number int64, found bool, err error) {
	if contact == "" {
		return 0, true, nil
	}
	if number, found = c.numbers[contact]; found {
		return number, true, nil
	}
	err = c.row(sqlNumber, args{contact}, &number)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, false, nil
	}
	if err == nil && c.ctx == nil { // in the writer
		c.know(contact, number)
	}
	return number, err == nil, err
}

// findWord looks for a word's number.
func (c *conn) findWord(word string) (number int64, found bool, err error) {
	if word == "" {
		return 0, true, nil
	}
	if number, found = c.wordNumbers[word]; found {
		return number, true, nil
	}
	err = c.row(sqlWordNumber, args{word}, &number)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, false, nil
	}
	if err == nil {
		c.knowWord(number, word)
	}
	return number, err == nil, err
}

// wordOf is the word of a number.
func (c *conn) wordOf(number int64) (word string, err error) {
	if number == 0 {
		return "", nil
	}
	if word, found := c.words[number]; found {
		return word, nil
	}
	if err = c.row(sqlWord, args{number}, &word); err == nil {
		c.knowWord(number, word)
	}
	return word, err
}

// number is a contact's number, given now if it has none.
func (t *transaction) number(contact string) (int64, error) {
	number, found, err := t.c.find(contact)
	if err != nil || found {
		return number, err
	}
	if err = t.c.row(sqlNewNumber, args{contact}, &number); err == nil {
		t.c.know(contact, number)
	}
	return number, err
}

// word is a word's number, given now if it has none.
func (t *transaction) word(word string) (int64, error) {
	number, found, err := t.c.findWord(word)
	if err != nil || found {
		return number, err
	}
	if err = t.c.row(sqlNewWord, args{word}, &number); err == nil {
		t.c.knowWord(number, word)
	}
	return number, err
}
