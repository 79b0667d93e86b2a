package bot

import (
	"reflect"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

func TestATurnKnowsNothingOfThePersonBefore(t *testing.T) {
	t.Parallel()
	var room turn
	body := []byte(`{"stopped_by":"button","cleared":[{"size":42}],"requests":[{"id":"1"}],"ended":true}`)
	if err := room.standConsents([]storage.Consent{{Contact: "messenger:1:zoe", Topic: "restock", Body: body}}); err != nil {
		t.Fatal(err)
	}
	room.permits = append(room.permits, permit{Permit: Permit{Token: "zoe's"}, kept: time.Unix(1, 0)})
	room.empty()
	if err := room.standConsents([]storage.Consent{{Contact: "messenger:1:ana", Topic: "restock"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := room.topic("restock").Consent, (Consent{Contact: "messenger:1:ana", Topic: "restock"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	room.empty()
	if consent, permit := room.stood[:1][0], room.permits[:1][0]; !reflect.DeepEqual(consent, agreed{}) || permit.Token != "" {
		t.Errorf("%+v, %+v are kept", consent, permit)
	}
}
