// What views are put together from.
import { useLayoutEffect, useRef, useState } from "./lib/hooks.js";
import { session } from "./api.js";
import { html, number } from "./ui.js";

// ------------------------------------------------------------------- pages

let entered = false;

export function Page({ title, lead, acts, children }) {
    const heading = useRef(null);
    useLayoutEffect(() => {
        document.title = `${title} · websubd`;
    }, [title]);
    // Who has followed a link is where the new page begins, before it shows:
    // the next key belongs to it.
    useLayoutEffect(() => {
        if (entered)
            heading.current?.focus({ preventScroll: true });
        entered = true;
    }, []);
    return html`<div class="head">
            <div><h1 ref=${heading} tabindex="-1">${title}</h1>${
            lead && html`<p class="lead">${lead}</p>`}</div>
            ${acts && html`<div class="acts">${acts}</div>`}
        </div>
        ${children}`;
}

export const Panel = ({ title, acts, children, bare, ...rest }) =>
    html`<section class="panel" ...${rest}>
        <header><h2>${title}</h2>${acts && html`<div class="row">${
            acts}</div>`}</header>
        ${bare ? children : html`<div class="inside">${children}</div>`}
    </section>`;

// That the hub is away is said once, by the frame, and ends by itself.
export const isAway = (trouble) => trouble?.kind === "away";

export function Wrong({ trouble, again }) {
    if (!trouble || isAway(trouble))
        return null;
    return html`<div class="notice bad" role="alert"><p>${trouble.message}</p>
        ${again && html`<button class="small" onClick=${again}>Try again
        </button>`}</div>`;
}

export const Ghosts = ({ lines = 4 }) =>
    html`<div class="inside" aria-busy="true">
        <span class="unseen">Loading</span>
        ${Array.from({ length: lines }, (_, i) =>
            html`<p class="ghost-line" key=${i}><span class="ghost"></span>
            </p>`)}</div>`;

// ------------------------------------------------------------------ tables

// columns: { name, cell(row), kind: "number"|"url"|"long"|"aside" }; an
// "aside" is left out where there is little room.
const classes = ({ kind = "", aside }) =>
    `${kind}${aside ? " aside-column" : ""}`.trim() || null;

function Rows({ columns, items, keyOf }) {
    return items.map((row) => html`<tr key=${keyOf(row)}>${columns.map(
        (column) => html`<td key=${column.name} class=${classes(column)}>${
            column.cell(row)}</td>`)}</tr>`);
}

const Waiting = ({ columns, rows }) => Array.from({ length: rows }, (_, i) =>
    html`<tr key=${i} aria-hidden="true">${columns.map((column) =>
        html`<td key=${column.name} class=${classes(column)}>
            <span class="ghost"></span></td>`)}</tr>`);

// `list`: as useList() has it.
export function Table({ label, list, columns, keyOf, empty, rows = 8 }) {
    const { items, trouble } = list;
    const shows = items || !trouble || isAway(trouble);
    const nothing = items && items.length === 0 && list.next === null;
    return html`<div class="panel">
        ${trouble && html`<${Wrong} trouble=${trouble} again=${list.again}/>`}
        ${nothing ? html`<div class="empty">${empty}</div>`
        : shows && html`<div class="scroll" role="region" tabindex="0"
            aria-label=${label}>
            <table aria-busy=${!items} class=${
                isAway(trouble) ? "stale" : null}>
                <caption class="unseen">${label}</caption>
                <thead><tr>${columns.map((column) => html`<th scope="col"
                    key=${column.name} class=${classes(column)}>${
                    column.hidden ? html`<span class="unseen">${
                        column.name}</span>` : column.name}</th>`)}</tr>
                </thead>
                <tbody>${items
                    ? html`<${Rows} columns=${columns} items=${items}
                        keyOf=${keyOf}/>`
                    : html`<${Waiting} columns=${columns} rows=${rows}/>`}
                </tbody></table></div>`}
        ${items && !nothing && html`<div class="foot">
            <span>${list.next !== null
                ? items.length ? `The first ${number(items.length)}`
                    : "None so far; there is more to look through"
                : `All ${number(items.length)}`}</span>
            ${list.next !== null && html`<button class="small"
                aria-disabled=${list.busy} onClick=${() =>
                !list.busy && list.goOn()}>${
                list.busy ? "Loading…" : "Show more"}</button>`}
        </div>`}
    </div>`;
}

// ------------------------------------------------------------------- forms

let fields = 0;

export function Field({ label, hint, wrong, wide, children, ...rest }) {
    const id = useRef(null);
    id.current ??= `field-${++fields}`;
    const described = hint || wrong ? `${id.current}-hint` : null;
    return html`<div><label for=${id.current}><span>${label}</span></label>
        ${children ? children({ id: id.current, described })
        : html`<input id=${id.current} aria-describedby=${described}
            aria-invalid=${wrong ? "true" : null} autocomplete="off"
            spellcheck=${false} ...${rest}/>`}
        ${described && html`<p class="hint ${wrong ? "wrong" : ""}"
            id=${described}>${wrong || hint}</p>`}
    </div>`;
}

export const Choice = ({ label, options, hint, ...rest }) =>
    html`<${Field} label=${label} hint=${hint}>${({ id, described }) =>
        html`<select id=${id} aria-describedby=${described} ...${rest}>${
            options.map(([value, words]) => html`<option key=${value}
                value=${value}>${words}</option>`)}</select>`}<//>`;

// Of what changes something: who may only look learns why he cannot.
export function Act({ children, onClick, kind = "", busy, ...rest }) {
    const looking = session.right === "view";
    return html`<button type="button" class=${kind}
        aria-disabled=${looking || busy ? "true" : null}
        title=${looking ? "Your token may only look." : null}
        onClick=${(event) => !looking && !busy && onClick?.(event)}
        ...${rest}>${children}</button>`;
}

// A native dialog: it keeps the focus inside, Escape closes it, and the focus
// goes back to where it was.
export function Dialog({ title, close, children }) {
    const box = useRef(null), gone = useRef(false);
    useLayoutEffect(() => {
        const before = document.activeElement;
        const dialog = box.current;
        dialog.showModal();
        const fields = [...dialog.querySelectorAll("input, select, .first")];
        (fields.find((one) => one.value === "") ?? fields[0])?.focus();
        return () => {
            gone.current = true;
            if (dialog.open)
                dialog.close();
            if (before?.isConnected)
                before.focus();
        };
    }, []);
    // Browsers tell of it with the next frame: by then another may be open.
    const closed = () => gone.current || close();
    return html`<dialog ref=${box} aria-label=${title}
        onClose=${closed} onCancel=${close}
        onMouseDown=${(event) => event.target === box.current && close()}>
        <h2>${title}</h2>${children}</dialog>`;
}

// One that does something: `send()` answers a sentence, or throws.
export function Ask({ title, verb, danger, close, send, children, ready = true
}) {
    const [busy, setBusy] = useState(false);
    const [wrong, setWrong] = useState("");
    const submit = async (event) => {
        event.preventDefault();
        if (busy || !ready)
            return;
        setBusy(true);
        setWrong("");
        try {
            const sentence = await send();
            if (sentence)
                toast("good", sentence);
            close();
        } catch (error) {
            setWrong(error.message);
            setBusy(false);
        }
    };
    return html`<${Dialog} title=${title} close=${close}>
        <form class="sheet" onSubmit=${submit}>${children}
            <p class="wrong" role="alert" hidden=${!wrong}>${wrong}</p>
            <div class="row end">
                <button type="button" onClick=${close}
                    class=${danger ? "first" : ""}>Cancel</button>
                <button class=${danger ? "danger" : "main-act"}
                    aria-disabled=${busy || !ready ? "true" : null}>${
                    busy ? "One moment…" : verb}</button>
            </div></form><//>`;
}

// ------------------------------------------------------------------ toasts

const toasts = { items: [], next: 1, draw: () => {} };
const TOAST_MS = 8000;

export function toast(look, text) {
    const item = { id: toasts.next++, look, text };
    toasts.items = [...toasts.items.slice(-3), item];
    toasts.draw();
    setTimeout(() => dropToast(item.id), TOAST_MS);
}

function dropToast(id) {
    toasts.items = toasts.items.filter((item) => item.id !== id);
    toasts.draw();
}

export function Toasts() {
    const [, draw] = useState(0);
    useLayoutEffect(() => {
        let turn = 0;
        toasts.draw = () => draw(++turn);
    }, []);
    return html`<div class="toasts" role="status" aria-live="polite">${
        toasts.items.map(({ id, look, text }) => html`<div key=${id}
            class="notice ${look}"><p>${text}</p><button
            class="quiet small" aria-label="Dismiss" onClick=${() =>
            dropToast(id)}>×</button></div>`)}</div>`;
}

// For buttons that act at once.
export async function now(work) {
    try {
        const sentence = await work();
        if (sentence)
            toast("good", sentence);
    } catch (error) {
        if (error.kind !== "token")
            toast("bad", error.message);
    }
}
