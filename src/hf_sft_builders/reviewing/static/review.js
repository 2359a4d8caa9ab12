// The review page's script. It presses what the server wrote: a key clicks the element that names it in
// aria-keyshortcuts, an action says that it is done only after the server said that it is on the disk.
"use strict";
(() => {
  const words = document.body.dataset;
  const $ = (what, where = document) => where.querySelector(what);
  const $$ = (what, where = document) => [...where.querySelectorAll(what)];
  const page = () => $("#main");
  const kept = (name, otherwise) => localStorage.getItem(`hf-sft.${name}`) ?? otherwise;
  const keep = (name, value) => localStorage.setItem(`hf-sft.${name}`, value);
  let last = "";        // the row that was acted on, for undo
  let all = false;      // whether the whole filter is selected, not rows of the page
  let busy = false;     // one action at a time: a second c pressed early must not hit the next row unseen
  let fading = 0;

  function say(text, failed = false) {
    const told = $(failed ? "#failed" : "#said");
    $("#failed").textContent = "";
    $("#said").textContent = "";
    told.textContent = text;
    clearTimeout(fading);
    if (!failed) fading = setTimeout(() => { told.textContent = ""; }, 6000);
  }

  // Talking to the server

  class Refused extends Error {
    constructor(told) { super(told.message); this.told = told; }
  }

  async function post(where, body) {
    let answer;
    try {
      answer = await fetch(page().dataset.base + where, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
    } catch {
      throw new Error(words.lost);
    }
    if (answer.status === 401 || answer.status === 421) throw new Error(words.lost);
    const told = await answer.json().catch(() => ({ message: `HTTP ${answer.status}` }));
    if (!answer.ok) throw new Refused(told);
    return told;
  }

  async function once(doing) {
    if (busy) return;
    busy = true;
    try { await doing(); } catch (error) { say(error.message, true); } finally { busy = false; }
  }

  // Going from page to page without loading script and style again

  let going = 0;
  async function go(address, { push = true, keepPlace = false } = {}) {
    const mine = ++going;
    let answer, text;
    try {
      answer = await fetch(address, { headers: { Accept: "text/html" } });
      text = await answer.text();
    } catch {
      return say(words.lost, true);
    }
    if (mine !== going) return;
    if (answer.status === 401) return say(words.lost, true);
    const next = new DOMParser().parseFromString(text, "text/html");
    const main = $("#main", next);
    if (!main) return location.assign(address);
    const top = window.scrollY;
    const opened = keepPlace ? $$("details[open]").map((one) => one.className || one.id) : [];
    page().replaceWith(document.adoptNode(main));
    $(".top nav").replaceWith(document.adoptNode($(".top nav", next)));
    document.title = next.title;
    if (push) history.pushState(null, "", answer.url); else history.replaceState(null, "", answer.url);
    for (const one of $$("details")) if (opened.includes(one.className || one.id)) one.open = one.id !== "editing";
    ready();
    if (keepPlace) window.scrollTo(0, top); else { window.scrollTo(0, 0); page().focus({ preventScroll: true }); }
  }
  const again = () => go(location.href, { push: false, keepPlace: true });
  window.addEventListener("popstate", () => go(location.href, { push: false }));

  // What is acted on

  const items = () => $$(".item");
  const current = () => document.activeElement?.closest?.(".item") ?? null;

  function chosen() {
    const row = $("article.row");
    if (row) return { ids: [row.dataset.id] };
    if (all) return { query: page().dataset.query };
    const ticked = $$(".select:checked").map((tick) => tick.closest(".item").dataset.id);
    if (ticked.length) return { ids: ticked };
    return current()?.dataset.id ? { ids: [current().dataset.id] } : null;
  }

  function count() {
    const told = $("#counted");
    if (!told) return;
    const ticked = $$(".select:checked").length;
    told.dataset.found ??= told.textContent;
    const total = Number(told.dataset.total).toLocaleString("en");
    told.textContent = all ? words_of(told.dataset.all, total) : ticked ? words_of(told.dataset.words, ticked) : told.dataset.found;
  }
  const words_of = (text, number) => text.replace("{count}", number);

  async function act(kind, value, more = {}) {
    const what = chosen();
    if (!what) return say(words.nothing, true);
    const row = $("article.row");
    await once(async () => {
      say(words.saving);
      const place = row ? -1 : items().indexOf(current());
      const told = await post("/act", { kind, value, ...what, ...more });
      if (row) last = location.href;
      const onward = row && told.done && ["confirm", "reject", "merge"].includes(kind) && $("#advance")?.checked;
      if (onward) await go($("[aria-keyshortcuts=n]").href);
      else { all = false; await again(); if (!row) focusItem(place); }
      say(told.message);
    });
  }

  async function undo() {
    await once(async () => {
      const told = await post("/undo", {});
      if (last && $("article.row")) { const back = last; last = ""; await go(back); } else await again();
      say(told.message);
    });
  }

  function focusItem(place) {
    const rows = items();
    if (rows.length) $(".pick", rows[Math.max(0, Math.min(place, rows.length - 1))]).focus();
  }
  function move(by) {
    const place = items().indexOf(current());
    focusItem(place < 0 ? (by > 0 ? 0 : items().length - 1) : place + by);
    current()?.scrollIntoView({ block: "nearest" });
  }

  const doings = {
    select() { const tick = current() && $(".select", current()); if (tick) { tick.checked = !tick.checked; all = false; count(); } },
    page() { const ticks = $$(".select"); const on = !ticks.every((tick) => tick.checked); all = false; for (const tick of ticks) tick.checked = on; count(); },
    all() { all = !all; for (const tick of $$(".select")) tick.checked = all; count(); },
    numbers() {
      const groups = $$("[data-numbers]").map((group) => group.dataset.numbers);
      const at = groups.indexOf(numbers());
      keep("numbers", groups[(at + 1) % groups.length]);
      live();
      say(`${words.numbers} ${$(".group.live").getAttribute("aria-label")}`);
    },
  };

  // What number keys set: labels or domains where there are any, else the score

  function numbers() {
    const groups = $$("[data-numbers]").map((group) => group.dataset.numbers);
    const wished = kept("numbers", groups[groups.length - 1]);
    return groups.includes(wished) ? wished : groups[0];
  }
  function live() { for (const group of $$("[data-numbers]")) group.classList.toggle("live", group.dataset.numbers === numbers()); }

  // Editing: words are kept in this browser until the server has them

  const draftName = (form) => `draft.${form.dataset.hash}`;
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name);
  const wasOf = (field) => field.tagName === "SELECT" ? [...field.options].find((one) => one.defaultSelected)?.value : field.defaultValue;
  function keepDraft(form) {
    const changed = fieldsOf(form).filter((field) => field.value !== wasOf(field)).map((field) => [field.name, field.value, wasOf(field)]);
    if (changed.length) keep(draftName(form), JSON.stringify(changed)); else localStorage.removeItem(`hf-sft.${draftName(form)}`);
  }
  function restoreDraft(form) {
    const draft = JSON.parse(kept(draftName(form), "[]"));
    let changed = false;  // whether somebody changed the row while the words lay here
    for (const [name, value, was] of draft) {
      const field = form.elements.namedItem(name);
      if (!field) continue;
      changed ||= wasOf(field) !== was;
      field.value = value;
    }
    if (draft.length) { const told = $(".draft", form); told.hidden = false; told.textContent = changed ? words.draftOther : words.draft; form.closest("details").open = true; }
  }
  function valueOf(field) {
    if (field.dataset.kind === "bool") return field.value === "true";
    if (field.dataset.kind !== "json") return field.value;
    return JSON.parse(field.value);
  }
  function wrong(field, text) {
    field.setAttribute("aria-invalid", "true");
    $(".wrong", field.closest(".field")).textContent = text;
    field.focus();
  }
  async function save(form) {
    const edits = [];
    for (const field of fieldsOf(form)) {
      field.removeAttribute("aria-invalid");
      $(".wrong", field.closest(".field")).textContent = "";
      if (field.value === wasOf(field)) continue;
      try { edits.push([field.name, valueOf(field)]); } catch (error) { return wrong(field, `${words.notJson} ${error.message}`); }
    }
    await once(async () => {
      say(words.saving);
      let told;
      try {
        told = await post("/act", { kind: "edit", ids: [$("article.row").dataset.id], edits });
      } catch (error) {
        const field = error.told?.field && form.elements.namedItem(error.told.field);
        if (!field) throw error;
        say("");
        return wrong(field, error.message);
      }
      localStorage.removeItem(`hf-sft.${draftName(form)}`);
      await again();
      $("#editing summary").focus();
      say(told.message);
    });
  }

  // Dialogs

  function open(name) {
    const dialog = document.getElementById(name);
    if (!dialog || dialog.open) return;
    if (name !== "help" && !chosen()) return say(words.nothing, true);
    dialog.heldBy = document.activeElement;
    dialog.showModal();
  }
  function openTree(told) {
    const dialog = $("#tree"), label = $("[name=label]", dialog), deleting = told.tree === "delete";
    Object.assign(dialog.dataset, { kind: told.tree, path: told.path });
    $(".at", dialog).textContent = told.path;
    label.value = told.tree === "rename" ? told.label : "";
    label.required = !deleting;
    label.parentElement.hidden = deleting;
    $(".warn", dialog).hidden = !deleting;
    dialog.showModal();
  }
  async function submitted(form, picked) {
    if ("treeForm" in form.dataset) {
      const { kind, path } = form.closest("dialog").dataset;
      const label = $("[name=label]", form).value;
      form.closest("dialog").close();
      return once(async () => { const told = await post("/tree", { kind, path, label }); await again(); say(told.message); });
    }
    const dialog = form.closest("dialog");
    const given = new FormData(form);
    const value = picked ?? given.get("value");
    dialog.heldBy?.focus?.();
    dialog.close();
    if ("ask" in form.dataset) {
      return once(async () => {
        say(words.saving);
        const told = await post("/ask", { id: $("article.row").dataset.id, kind: given.get("kind"), advice: given.get("advice") });
        await again();
        say(told.message);
      });
    }
    await act(form.dataset.act, value);
  }

  // Events

  document.addEventListener("click", (event) => {
    const at = (what) => event.target.closest?.(what);
    const link = at("a[data-go]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) { event.preventDefault(); all = false; return go(link.href); }
    const button = at("button, summary");
    if (!button) { if (at(".select")) { all = false; count(); } return; }
    const told = button.dataset;
    if (told.tree) return openTree(told);
    if (told.open) return open(told.open);
    if ("close" in told) return button.closest("dialog").close();
    if (told.pick !== undefined) return submitted(button.form, told.pick);
    if (told.move) return move(Number(told.move));
    if ("repeats" in told) return once(async () => {
      say(words.saving);
      const done = await post("/repeats", { method: "near" });
      if (done.done) await go(`${page().dataset.base}/?group=any`);
      say(done.message);
    });
    if (told.long) return once(async () => {
      const field = button.nextElementSibling;
      field.defaultValue = field.value = await (await fetch(told.long)).text();
      field.hidden = false;
      button.remove();
      field.focus();
    });
    if (told.do) return doings[told.do]();
    if ("undo" in told) return undo();
    if (told.choose) return choose(told.choose);
    if (told.take) return once(async () => { const done = await post("/act", { kind: "edit", ids: [$("article.row").dataset.id], field: told.field, value: JSON.parse(told.take) }); await again(); say(done.message); });
    if ("discard" in told) { const form = button.form; localStorage.removeItem(`hf-sft.${draftName(form)}`); form.reset(); form.closest("details").open = false; return $("summary", form.closest("details")).focus(); }
    if (told.act && button.type === "button") {
      const more = told.with ? { ids: [$("article.row").dataset.id, ...JSON.parse(told.with)] } : told.field ? { field: told.field } : {};
      const value = "json" in told ? JSON.parse(told.value) : told.act === "score" && button.getAttribute("aria-pressed") ? "" : told.value;
      return act(told.act, value, more);
    }
  });

  async function choose(value) {
    const refs = JSON.parse($(".sides").dataset.refs);
    await once(async () => {
      const here = location.href;
      const told = await post("/act", { kind: "choose", ids: refs, value });
      last = here;
      await go($("[aria-keyshortcuts=j]").href);
      say(told.message);
    });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "edit") { event.preventDefault(); return save(form); }
    if (form.dataset.act || "ask" in form.dataset || "treeForm" in form.dataset) { event.preventDefault(); return submitted(form); }
    if (form.method === "get" && !form.closest("dialog")) {
      event.preventDefault();
      const given = [...new FormData(form)].filter(([, value]) => value !== "");
      all = false;
      return go(`${form.action}?${new URLSearchParams(given)}`);
    }
  });
  document.addEventListener("input", (event) => { if (event.target.form?.id === "edit") keepDraft(event.target.form); });
  document.addEventListener("change", (event) => {
    if (event.target.id === "advance") keep("advance", event.target.checked);
    if (event.target.id === "keys-on") { keep("keys", event.target.checked); say(event.target.checked ? words.keysOn : words.keysOff); }
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "editing" && event.target.open) $("textarea, input, select", event.target)?.focus();
  }, true);

  const writing = (target) => target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName) || (target.tagName === "INPUT" && !["checkbox", "radio"].includes(target.type));

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;  // Chinese input methods use Enter and digits
    const dialog = $("dialog[open]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) { event.preventDefault(); return event.target.form.requestSubmit(); }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !dialog && writing(event.target)) {
      const form = event.target.form;
      event.preventDefault();
      if (form?.id === "edit") { const changed = fieldsOf(form).some((field) => field.value !== wasOf(field)); form.closest("details").open = false; $("summary", form.closest("details")).focus(); if (changed) say(words.draftKept); return; }
      return event.target.blur();
    }
    if (event.key === "Enter" && event.repeat) return event.preventDefault();
    if (writing(event.target) && !(dialog && /^[1-9]$/.test(event.key) && event.target.value === "" && event.target.tagName === "INPUT" && $("[data-digit]", dialog))) return;
    if (kept("keys", "true") === "false" && event.key !== "?" && event.key !== "Escape") return;
    const digit = /^Digit(\d)$/.exec(event.code)?.[1] ?? (/^\d$/.test(event.key) ? event.key : undefined);
    if (digit !== undefined && (event.key === digit || event.shiftKey && Number(digit) <= 5)) {
      const where = dialog ?? (event.shiftKey ? $("[data-numbers=score]") : $(".group.live"));
      const button = where && $(`[data-digit="${digit}"]`, where);
      if (button) { event.preventDefault(); if (!event.repeat) button.click(); return; }
    }
    if (dialog) return;
    if (event.key === "o" && current()) { event.preventDefault(); return $(".pick", current()).click(); }
    const name = event.key.length === 1 && event.shiftKey && /[A-Z]/.test(event.key) ? `Shift+${event.key}` : event.key;
    const pressed = $(`[aria-keyshortcuts="${CSS.escape(name)}"]`, page()) ?? $(`[aria-keyshortcuts="${CSS.escape(name)}"]`);
    if (!pressed || event.repeat && !["j", "k"].includes(event.key)) return;
    event.preventDefault();
    if ("focus" in pressed.dataset) { pressed.focus(); return pressed.select(); }
    pressed.click();
  });

  // Parts that come later

  async function load(place) {
    let text;
    try { text = await (await fetch(place.dataset.load)).text(); } catch { return; }
    const part = $("#part", new DOMParser().parseFromString(text, "text/html"));
    if (!part || !place.isConnected) return;
    place.replaceChildren(...document.adoptNode(part).childNodes);
    const aside = place.closest("aside"), marked = $("rect, mark", place);
    if (aside && marked && aside.scrollHeight > aside.clientHeight) {
      aside.scrollTop += marked.getBoundingClientRect().top - aside.getBoundingClientRect().top - aside.clientHeight / 2;
    }
  }

  function ready() {
    for (const place of $$("[data-load]")) load(place);
    for (const form of $$("form#edit")) restoreDraft(form);
    const advance = $("#advance");
    if (advance) advance.checked = kept("advance", "true") === "true";
    live();
    count();
    const soon = $("[data-again]");
    if (soon) { const here = location.href; setTimeout(() => { if (soon.isConnected && location.href === here && !all && !$$(".select:checked").length && !$("dialog[open]")) { const place = items().indexOf(current()); again().then(() => { if (place >= 0) focusItem(place); }); } }, Number(soon.dataset.again)); }
    if (window.matchMedia("(min-width: 56rem)").matches) for (const one of $$(".filters")) one.open = true;
  }
  const on = $("#keys-on");
  if (on) on.checked = kept("keys", "true") === "true";
  ready();
})();
