package bench

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// ask makes one request with the API key; the status is 0 if there is no answer.
func ask(ctx context.Context, method, url, body string) (status int, answer string) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(raw)
}
