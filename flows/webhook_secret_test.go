package flows

import "testing"

func TestASecretIsRecognisedAsOtherToolsSpellIt(t *testing.T) {
	t.Parallel()
	for spelled, want := range map[string]string{
		"CRM_SECRET": "CRM_SECRET", "${CRM_SECRET}": "CRM_SECRET", "{{ env.CRM_SECRET }}": "CRM_SECRET", "{{ CRM_SECRET }}": "CRM_SECRET",
		"process.env.CRM_SECRET": "CRM_SECRET", "env:CRM_SECRET": "CRM_SECRET", "$env:CRM_SECRET": "CRM_SECRET", "%CRM_SECRET%": "CRM_SECRET",
		"5b1f77": "", "hunter2": "", "SK_live_51H": "",
	} {
		got := ""
		if m := meantSecret().FindStringSubmatch(spelled); m != nil {
			got = m[1]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", spelled, got, want)
		}
	}
}
