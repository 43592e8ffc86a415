// Filters live in the address: they can be gone back to, and passed on.
import { useLayoutEffect, useState } from "../lib/hooks.js";
import { html, link } from "../ui.js";

export function Search({ view, params, name, label, placeholder, first = true
}) {
    const [text, setText] = useState(params[name] ?? "");
    useLayoutEffect(() => setText(params[name] ?? ""), [params[name]]);
    const go = (value) => {
        const target = link(view, { ...params, [name]: value.trim() });
        if (target !== location.hash) {
            history.replaceState(null, "", target);
            dispatchEvent(new HashChangeEvent("hashchange"));
        }
    };
    return html`<label class="wide-field"><span>${label}</span><input
        type="search" value=${text} placeholder=${placeholder}
        data-search=${first ? "" : null} autocomplete="off"
        spellcheck=${false} onInput=${(event) => setText(event.target.value)}
        onChange=${(event) => go(event.target.value)}
        onKeyDown=${(event) => event.key === "Enter" && go(text)}/></label>`;
}

export const Tabs = ({ view, params, name, options, label }) =>
    html`<nav class="tabs" aria-label=${label}>${options.map(
        ([value, words]) => html`<a key=${value} href=${link(view,
            { ...params, [name]: value })} aria-current=${
            (params[name] ?? "") === value ? "true" : null}>${words}</a>`)}
    </nav>`;
