package sqlite

import (
	"errors"
	"strconv"
	"strings"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlWord       = `SELECT word FROM words WHERE number = ?1`
	sqlWordNumber = `SELECT number FROM words WHERE word = ?1`
	sqlNewWord    = `INSERT INTO words (word) VALUES (?1) RETURNING number`

	// maxWords bounds how many words a connection remembers.
	maxWords = 4096
	// maxDigits is how many digits a person's id may have to be kept as an integer.
	maxDigits = 18
)

// names are the words a connection knows by number and the other way round. Words
// are never removed, so what was once read stays true; what a transaction added that
// is undone is forgotten with everything else.
type names struct {
	words   map[int64]string
	numbers map[string]int64
}

func newNames() names {
	return names{words: make(map[int64]string), numbers: make(map[string]int64)}
}

// forget is for when something was undone.
func (n *names) forget() {
	clear(n.words)
	clear(n.numbers)
}

func (n *names) learn(number int64, word string) {
	if len(n.words) >= maxWords {
		n.forget()
	}
	n.words[number], n.numbers[word] = word, number
}

// findWord looks for a word's number.
func (c *conn) findWord(word string) (number int64, found bool, err error) {
	if word == "" {
		return 0, true, nil
	}
	if number, found = c.numbers[word]; found {
		return number, true, nil
	}
	number, err = c.learnBy(sqlWordNumber, word)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, false, nil
	}
	return number, err == nil, err
}

// learnBy asks a query for the number of a word that is not remembered. It stands by
// itself since what is given to a query is put on the heap.
func (c *conn) learnBy(query, word string) (number int64, err error) {
	if err = c.row(query, args{word}, &number); err == nil {
		c.learn(number, word)
	}
	return number, err
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
		c.learn(number, word)
	}
	return word, err
}

// word is a word's number, given now if it has none.
func (t *transaction) word(word string) (int64, error) {
	number, found, err := t.c.findWord(word)
	if err != nil || found {
		return number, err
	}
	return t.c.learnBy(sqlNewWord, word)
}

// splitContact takes a contact's id apart: CHANNEL:PAGE, and the person, an integer
// if it is written like one. So the persons of a page keep the order of their ids.
func splitContact(contact string) (page string, person any) {
	i := strings.LastIndexByte(contact, ':')
	text := contact[i+1:]
	if page = contact[:max(i, 0)]; page == "" {
		return "", contact // no page, and no colon to put back
	}
	if len(text) == 0 || len(text) > maxDigits || text[0] == '0' && text != "0" {
		return page, text
	}
	for _, digit := range []byte(text) {
		if digit < '0' || digit > '9' {
			return page, text
		}
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return page, text
	}
	return page, number
}

// contactOf is the id that splitContact took apart.
func contactOf(page string, person any) string {
	text, ok := person.(string)
	if number, isNumber := person.(int64); isNumber {
		text, ok = strconv.FormatInt(number, 10), true
	}
	if !ok || page == "" {
		return text
	}
	return page + ":" + text
}

// findContact looks for what stands for a contact. It is not found if nothing of its
// page was ever kept.
func (c *conn) findContact(contact string) (page int64, person any, found bool, err error) {
	name, person := splitContact(contact)
	page, found, err = c.findWord(name)
	return page, person, found, err
}

// contact is what stands for a contact.
func (t *transaction) contact(contact string) (page int64, person any, err error) {
	name, person := splitContact(contact)
	page, err = t.word(name)
	return page, person, err
}
