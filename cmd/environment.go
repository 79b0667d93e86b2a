package cmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/relance-bot/relance/flows"
)

// environment reads settings by their precedence: the environment, the file .env
// in the bot's folder. Flags come before it, defaults after. NAME_FILE names a
// file that holds the value of NAME.
type environment struct {
	lookup func(string) (string, bool)
	file   map[string]string
	names  []string // that stand in the environment, as far as it can be listed
}

// mark is what some editors put at the beginning of a file.
const mark = "\ufeff"

// environment reads the .env of a bot's folder, if there is one.
func (a *app) environment(dir string) (*environment, error) {
	e := &environment{lookup: a.lookup, file: map[string]string{}}
	for _, set := range a.environ {
		name, _, _ := strings.Cut(set, "=")
		e.names = append(e.names, name)
	}
	f, err := os.Open(filepath.Join(dir, ".env"))
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), mark))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok {
			return nil, fmt.Errorf("%s:%d: want NAME=value", f.Name(), n)
		}
		e.file[strings.TrimSpace(name)] = setting(value)
	}
	return e, lines.Err()
}

// setting is a value as it is meant, without quotes, and without a comment behind it.
func setting(raw string) string {
	s := strings.TrimSpace(raw)
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		inner, rest, closed := strings.Cut(s[1:], s[:1])
		if rest = strings.TrimSpace(rest); closed && (rest == "" || rest[0] == '#') {
			return inner
		}
		if len(s) > 1 && s[len(s)-1] == s[0] { // quotes inside stand for themselves
			return s[1 : len(s)-1]
		}
		return s
	}
	value, _, _ := strings.Cut(raw, " #")
	return strings.TrimSpace(value)
}

var errSettingFile = errors.New("the file that it names cannot be read")

// get returns a setting; "" if it is not set. What stands in the environment, as a
// value or as the name of a file, counts before what stands in .env.
func (e *environment) get(name string) (string, error) {
	value, path := e.find(name)
	if path == "" {
		return value, nil
	}
	content, err := readSetting(path)
	var wrong *fs.PathError
	if errors.As(err, &wrong) { // without the path: it may be the secret itself, put in the wrong place
		err = wrong.Err
	}
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w: %w", name, errSettingFile, err)
	}
	return strings.TrimSpace(strings.TrimPrefix(string(content), mark)), nil
}

// maxSetting is more than any key or token has, in bytes.
const maxSetting = 64 << 10

// readSetting reads the file of a setting, which may be a pipe.
func readSetting(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSetting+1))
	if err == nil && len(content) > maxSetting {
		err = fmt.Errorf("it is larger than %d KiB", maxSetting>>10)
	}
	return content, err
}

// find is the value of a setting, or else the file that holds it; both are "" if it is not
// set.
func (e *environment) find(name string) (value, path string) {
	for _, source := range []func(string) (string, bool){e.lookup, e.inFile} {
		if value, _ = source(name); value != "" {
			return value, ""
		}
		if path, _ = source(name + "_FILE"); path != "" {
			return "", path
		}
	}
	return "", ""
}

func (e *environment) inFile(name string) (string, bool) {
	v, ok := e.file[name]
	return v, ok
}

// or returns a setting or its default.
func (e *environment) or(name, otherwise string) (string, error) {
	v, err := e.get(name)
	if v == "" {
		v = otherwise
	}
	return v, err
}

// account is what a real Page, or account of Instagram, needs.
type account struct {
	Channel                                               flows.Channel // of bot.yaml, if it names one
	PageID, AccessToken, AppSecret, VerifyToken, GraphURL string

	// Of Instagram: the Page that the account is reached through, if it is, and whether
	// the platform goes on carrying its recurring notifications.
	LinkedPageID string
	Recurring    bool

	// Of the lane marketing.
	AdAccount, Campaign, AdToken string
	Price                        float64 // of one paid message, as it is expected
	Currency                     string
}

// account reads the settings of the channel with a name: PREFIX_PAGE_ID and so on.
// ok is false if none of them is set; if only some are, the error names the others.
func (e *environment) account(channel string) (acc account, ok bool, err error) {
	prefix := channelPrefix(channel)
	needed := map[string]*string{
		prefix + "PAGE_ID":      &acc.PageID,
		prefix + "ACCESS_TOKEN": &acc.AccessToken,
		prefix + "APP_SECRET":   &acc.AppSecret,
		prefix + "VERIFY_TOKEN": &acc.VerifyToken,
	}
	var missing []string
	for name, into := range needed {
		if *into, err = e.get(name); err != nil {
			return account{}, false, err
		}
		if *into == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == len(needed) {
		return account{}, false, nil
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		return account{}, false, needsToo(missing)
	}
	for name, into := range map[string]*string{
		"GRAPH_URL": &acc.GraphURL, "LINKED_PAGE_ID": &acc.LinkedPageID, "AD_ACCOUNT": &acc.AdAccount, "CAMPAIGN": &acc.Campaign, "AD_TOKEN": &acc.AdToken,
	} {
		if *into, err = e.get(prefix + name); err != nil {
			return account{}, false, err
		}
	}
	recurring, err := e.get(prefix + "RECURRING")
	if err != nil {
		return account{}, false, err
	}
	if acc.Recurring = recurring == "on"; recurring != "" && recurring != "on" && recurring != "off" {
		return account{}, false, fmt.Errorf("%sRECURRING is on or off", prefix)
	}
	acc.Price, acc.Currency, err = e.price(prefix + "PRICE")
	return acc, true, err
}

func needsToo(missing []string) error {
	return fmt.Errorf("a real Page needs %s too; set what is missing, or nothing at all to use the emulator", strings.Join(missing, ", "))
}

// accounts reads the settings of every channel of a bot. ok is false if none is set; if
// only some are, the error names the others.
func (e *environment) accounts(program *flows.Program) (accs []account, ok bool, err error) {
	var missing []string
	for _, ch := range channelsOf(program) {
		acc, ok, err := e.account(ch.Name)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			for _, name := range []string{"ACCESS_TOKEN", "APP_SECRET", "PAGE_ID", "VERIFY_TOKEN"} {
				missing = append(missing, channelPrefix(ch.Name)+name)
			}
			continue
		}
		acc.Channel = ch
		accs = append(accs, acc)
	}
	if len(accs) > 0 && len(missing) > 0 {
		return nil, false, needsToo(missing)
	}
	return accs, len(accs) > 0, nil
}

// variablesOf names the variables that the channels of a bot read, by how they begin.
func variablesOf(program *flows.Program) string {
	var all []string
	for _, ch := range channelsOf(program) {
		all = append(all, channelPrefix(ch.Name))
	}
	last := len(all) - 1
	if last > 0 {
		all = []string{strings.Join(all[:last], ", "), all[last]}
	}
	return "the " + strings.Join(all, " and ") + " variables"
}

// channelPrefix begins the names of a channel's variables: PARIS_ of the channel paris.
func channelPrefix(channel string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", "/", "_").Replace(channel)) + "_"
}

// price reads an amount and its currency: "0.014 USD".
func (e *environment) price(name string) (amount float64, currency string, err error) {
	text, err := e.get(name)
	if err != nil || text == "" {
		return 0, "", err
	}
	number, currency, _ := strings.Cut(strings.TrimSpace(text), " ")
	amount, err = strconv.ParseFloat(number, 64)
	if currency = strings.TrimSpace(currency); err != nil || amount <= 0 || amount > 1000 || len(currency) != 3 || strings.ToUpper(currency) != currency {
		return 0, "", fmt.Errorf("%s wants an amount and a currency, as in 0.014 USD", name)
	}
	return amount, currency, nil
}
