package main

import (
	"testing"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/cmd"
)

// TestChats plays shop/chats with the Go functions; -run plays some of them.
func TestChats(t *testing.T) {
	t.Parallel()
	chat.Run(t, "shop", cmd.Stage("shop", setup))
}

// TestCheck wants the flows to agree with the types of the functions.
func TestCheck(t *testing.T) {
	t.Parallel()
	if code := cmd.Run(t.Context(), []string{"check", "shop"}, nil, t.Output(), t.Output(), setup); code != 0 {
		t.Errorf("relance check ends with %d", code)
	}
}
