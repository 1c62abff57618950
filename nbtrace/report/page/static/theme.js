// The colour scheme (the system's, light or dark), and a page whose every part is open on paper.
"use strict";

{
  const root = document.documentElement;
  root.classList.add("js");

  const choices = ["auto", "light", "dark"];
  const button = document.getElementById("theme");
  const choose = (choice) => {
    if (choice === "auto") delete root.dataset.theme;
    else root.dataset.theme = choice;
    button.textContent = `Colours: ${choice}`;
    button.dataset.choice = choice;
  };
  button.addEventListener("click", () => {
    choose(choices[(choices.indexOf(button.dataset.choice) + 1) % choices.length]);
  });
  choose("auto");

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}
