import { session, trial } from "../api.js";
import { useLayoutEffect, useRef, useState } from "../lib/hooks.js";
import { Field } from "../parts.js";
import { html } from "../ui.js";

export function SignIn() {
    const [busy, setBusy] = useState(false);
    const [wrong, setWrong] = useState(session.reason);
    const form = useRef(null);
    useLayoutEffect(() => {
        document.title = "Sign in · websubd";
        form.current.elements.token.focus();
    }, []);
    const submit = async (event) => {
        event.preventDefault();
        const token = form.current.elements.token.value.trim();
        if (busy)
            return;
        if (!/^[\x21-\x7e]+$/.test(token)) {
            setWrong("A token is one word that begins with wsd_.");
            return;
        }
        setBusy(true);
        setWrong("");
        try {
            const { right } = await trial(token);
            session.begin(token);
            session.setRight(right);
        } catch (error) {
            setWrong(error.message);
            setBusy(false);
            form.current?.elements.token.select();
        }
    };
    return html`<main class="alone" id="main">
        <p class="brand"><img src="icon.svg" alt=""/><span>websubd</span></p>
        <h1>Sign in to the console</h1>
        <form class="sheet" ref=${form} onSubmit=${submit}>
            <input name="username" autocomplete="username" value="websubd"
                hidden/>
            <${Field} label="Token" name="token" type="password"
                autocomplete="current-password" wrong=${wrong} required
                hint="It is kept until this tab is closed."/>
            <p class="unseen" role="alert">${wrong}</p>
            <button class="main-act" aria-disabled=${busy ? "true" : null}>${
                busy ? "One moment…" : "Sign in"}</button>
        </form>
        <p class="hint">An operator of this hub makes one with<br/>
            <code>websubctl token add NAME --right=admin</code><br/>
            or <code>--right=view</code> for somebody who only looks.</p>
    </main>`;
}
