package bot

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// splitID takes a contact id apart: CHANNEL:PAGE and the person.
func splitID(contact string) (page, person string, ok bool) {
	i := strings.LastIndexByte(contact, ':')
	if i <= 0 || strings.IndexByte(contact[:i], ':') <= 0 || i == len(contact)-1 {
		return "", "", false
	}
	return contact[:i], contact[i+1:], true
}

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// randomID is 26 characters that nobody guesses and that never come twice.
func randomID() string {
	var b [16]byte
	rand.Read(b[:])
	return idEncoding.EncodeToString(b[:])
}

// programs keeps the programs that sessions still run on, compiled once.
type programs struct {
	mu     sync.Mutex
	byHash map[string]*flows.Program
}

func (p *programs) init(current *flows.Program) {
	p.byHash = map[string]*flows.Program{current.Hash: current}
}

// get compiles a stored program the first time it is asked for.
func (p *programs) get(hash string, data *flows.Data, r storage.MetaReader) (*flows.Program, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if program, ok := p.byHash[hash]; ok {
		return program, nil
	}
	stored, err := r.Program(hash)
	if err != nil {
		return nil, fmt.Errorf("program %.12s: %w", hash, err)
	}
	var sources map[string][]byte
	if err := json.Unmarshal(stored, &sources); err != nil {
		return nil, fmt.Errorf("program %.12s: %w", hash, err)
	}
	program, problems := flows.Compile(sources, data)
	if program == nil {
		return nil, fmt.Errorf("program %.12s no longer compiles: %d problems", hash, len(problems))
	}
	p.byHash[hash] = program
	return program, nil
}

func encodeSources(sources map[string][]byte) ([]byte, error) {
	out, err := json.Marshal(sources)
	if err != nil {
		return nil, fmt.Errorf("the program's sources: %w", err)
	}
	return out, nil
}
