/**
 * How the panel stands on the page: beside it on a large screen, in its place on a phone.
 *
 * Guarantee: on a phone the page behind neither scrolls nor takes the focus, and gets both back as they were; the panel
 * follows the visible area, which a keyboard makes smaller.
 */

const PHONE = window.matchMedia("(max-width: 40rem), (max-height: 26rem)");
// Visible height, in lines of the widget's type, under which the head gives room to the conversation.
const SHORT = 30;

export class Stage {
  /** Fits the panel to the visible area again: for whoever changes the type size. */
  follow = () => {};
  #panel;
  #root;
  #open = false;
  #pageOverflow = "";

  /** `root` is the shadow root that tells where the focus is. */
  constructor(panel, root) {
    this.#panel = panel;
    this.#root = root;
    PHONE.addEventListener("change", () => this.#open && this.#cover(true));
    panel.addEventListener("keydown", (event) => event.key === "Tab" && this.#keepFocusInside(event));
    this.#followVisibleArea();
  }

  setOpen(open) {
    this.#open = open;
    this.#panel.hidden = !open;
    this.follow();
    this.#cover(open);
  }

  get #covers() {
    return this.#panel.getAttribute("aria-modal") === "true";
  }

  #cover(open) {
    const covers = open && PHONE.matches;
    const page = document.documentElement;
    if (covers === this.#covers) return;
    this.#panel.setAttribute("aria-modal", String(covers));
    if (covers) this.#pageOverflow = page.style.overflow;
    page.style.overflow = covers ? "hidden" : this.#pageOverflow;
  }

  #keepFocusInside(event) {
    if (!this.#covers) return;
    const stops = [...this.#panel.querySelectorAll("button, input, textarea, a[href], summary, [tabindex='0']")].filter(
      (node) => !node.disabled && node.checkVisibility(),
    );
    const current = this.#root.activeElement;
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (current !== edge && current !== this.#panel) return;
    if (current === this.#panel && !event.shiftKey) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  #followVisibleArea() {
    const area = window.visualViewport;
    if (!area) return;
    const follow = () => {
      if (area.scale > 1.01) return;
      const size = parseFloat(getComputedStyle(this.#panel).fontSize);
      this.#panel.classList.toggle("short", area.height < SHORT * size);
      this.#panel.style.setProperty("--visible-height", `${area.height}px`);
      this.#panel.style.setProperty("--visible-top", `${area.offsetTop}px`);
    };
    area.addEventListener("resize", follow);
    area.addEventListener("scroll", follow);
    this.follow = follow;
    follow();
  }
}
