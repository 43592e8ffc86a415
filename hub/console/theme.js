// Light, dark, or as the system has it.
import { useLayoutEffect, useState } from "./lib/hooks.js";

const KEY = "websubd-theme";
const themes = ["system", "light", "dark"];
const listeners = new Set();
let theme = "system";

function apply(next) {
    theme = themes.includes(next) ? next : "system";
    if (theme === "system")
        delete document.documentElement.dataset.theme;
    else
        document.documentElement.dataset.theme = theme;
    for (const listener of listeners)
        listener(theme);
}

export function nextTheme() {
    apply(themes[(themes.indexOf(theme) + 1) % themes.length]);
    localStorage.setItem(KEY, theme);
}

export function useTheme() {
    const [, draw] = useState(theme);
    useLayoutEffect(() => {
        listeners.add(draw);
        return () => listeners.delete(draw);
    }, []);
    return theme;
}

apply(localStorage.getItem(KEY));
