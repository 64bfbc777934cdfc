// Live update: every 15 s the parts of the page that changed are replaced in place; a change of light is announced once and stays marked until seen.
"use strict";
(() => {
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const body = document.body;
  const source = body.dataset.live;
  if (!source) return;
  const announcer = document.getElementById("announce");
  const lost = document.getElementById("lost");
  const PAUSE_MS = 15000;
  let lights = JSON.parse(body.dataset.lights || "{}");
  let failures = 0;

  const unseen = () => new Set(JSON.parse(sessionStorage.getItem("tricolor.unseen") || "[]"));
  const keep = (set) => sessionStorage.setItem("tricolor.unseen", JSON.stringify([...set]));
  const units = (id) => document.querySelectorAll(`[data-unit="${CSS.escape(id)}"]`);

  function mark() {
    for (const id of unseen()) units(id).forEach((el) => el.classList.add("changed"));
  }
  function seen(event) {
    const el = event.target instanceof Element && event.target.closest(".changed");
    if (!el) return;
    const set = unseen();
    set.delete(el.dataset.unit);
    keep(set);
    units(el.dataset.unit).forEach((other) => other.classList.remove("changed"));
  }
  function announce(state) {
    const said = [];
    const set = unseen();
    for (const [id, light] of Object.entries(state.lights)) {
      if (lights[id] && lights[id] !== light) {
        said.push(`${state.names[id] || id}: ${state.words[lights[id]]} → ${state.words[light]}`);
        set.add(id);
      }
    }
    lights = state.lights;
    keep(set);
    if (said.length) announcer.textContent = said.join("; ");
  }
  function replace(name, html) {
    const holder = document.querySelector(`[data-block="${name}"]`);
    if (!holder || holder.dataset.stamp === html || holder.contains(document.activeElement) && document.activeElement.matches("input, textarea")) return;
    const focused = holder.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const open = [...holder.querySelectorAll("details")].map((d) => d.open);
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    if (fresh.innerHTML.trim() === holder.innerHTML.trim()) return;
    holder.replaceChildren(...fresh.childNodes);
    holder.querySelectorAll("details").forEach((d, i) => { d.open = Boolean(open[i]); });
    if (focused) holder.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  async function refresh() {
    try {
      const answer = await fetch(source, { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      for (const [name, html] of Object.entries(state.blocks)) replace(name, html);
      announce(state);
      mark();
      failures = 0;
      lost.hidden = true;
    } catch {
      failures += 1;
      if (failures >= 2) lost.hidden = false;
    }
  }
  document.addEventListener("pointerover", seen);
  document.addEventListener("focusin", seen);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  mark();
  setInterval(() => { if (!document.hidden) refresh(); }, PAUSE_MS);
  window.tricolorRefresh = refresh;
})();
