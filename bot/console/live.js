// Keeps the figures of a campaign fresh, and leaves what is typed between them alone.
const parts = (page) => [...page.querySelectorAll(".live")];
const again = async () => {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const fresh = parts(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (!answer.ok || fresh.length === 0) return; // it is no more, or the session has ended
    const shown = parts(document);
    if (fresh[0].dataset.state !== shown[0].dataset.state || fresh[0].dataset.over === "true") return location.reload(); // other buttons
    shown.forEach((part, i) => part.replaceWith(fresh[i]));
  } catch { /* the network is away: later */ }
  setTimeout(again, 3000);
};
setTimeout(again, 3000);
