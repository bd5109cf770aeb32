// Adds 「表示」 beside each password field. No page depends on it.
for (const box of document.querySelectorAll("[data-reveal]")) {
  const field = box.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  const show = (visible) => {
    field.type = visible ? "text" : "password";
    button.textContent = visible ? box.dataset.hide : box.dataset.reveal;
    button.setAttribute("aria-pressed", String(visible));
  };
  button.addEventListener("click", () => show(field.type === "password"));
  // A shown password must not be kept by the browser as an ordinary text.
  field.form.addEventListener("submit", () => show(false));
  show(false);
  box.append(button);
}
