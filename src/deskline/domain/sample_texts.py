"""What clients and agents of the sample company write, in English, and the shape that the other languages follow.

Words only: who writes when is in `sample_lives`, other languages are in `sample_languages`. In a text, `{order}`, `{product}`,
`{amount}`, `{day}` and `{number}` stand for what differs from ticket to ticket.
"""
# ruff: noqa: E501 -- a sentence is a line, however long

from typing import NamedTuple

GENERAL, SALES, BILLING, TECHNICAL = range(4)  # the groups that topics belong to


class Topic(NamedTuple):
    """One thing that people write about. `weight` is how often, `group` whose business it is; solved tickets get its `tag`."""

    tag: str
    group: int
    weight: float
    subjects: tuple[str, ...]
    openings: tuple[str, ...]
    answers: tuple[str, ...]


class Language(NamedTuple):
    """How people of one language (an ISO 639 code) write. `zones` are where they live, `days` the names of {day}."""

    code: str
    weight: float
    zones: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    days: tuple[str, ...]
    greetings: tuple[str, ...]
    details: tuple[str, ...]
    closings: tuple[str, ...]
    questions: tuple[str, ...]
    thanks: tuple[str, ...]
    topics: tuple[Topic, ...]
    replies: tuple[str, ...]
    hellos: tuple[str, ...]
    promises: tuple[str, ...]
    farewells: tuple[str, ...]


PRODUCTS = (
    "Heron 7 touring bike", "Heron 9 touring bike", "Swift gravel bike", "Otter cargo bike", "Wren kids' bike 20\"", "Tern folding bike",
    "Beacon front light", "Beacon rear light", "Wayfarer bike computer", "Mudlark pannier set", "Larkfield rain cape", "Robin helmet M",
    "Robin helmet L", "Kestrel pedals", "Gannet lock 90 cm", "Curlew saddle", "Plover gloves", "Avocet floor pump", "Larkfield app",
    "winter tyre set 28\"",
)  # fmt: skip

NOTES = (
    "Customer called twice about this, please be quick.",
    "Checked the warehouse: parcel was scanned on {day}, the carrier lost it after that.",
    "Same problem as in three other tickets this week, I told the workshop.",
    "I would give a voucher of {amount} here, any objections?",
    "No objections, go ahead.",
    "Waiting for the supplier, they answer on {day} at the latest.",
    "Refund of {amount} is on its way, booked under {order}.",
    "Long-standing customer, please handle with care.",
    "Can somebody from the workshop look at the photos?",
    "Serial number matches the recall list, so this is free of charge.",
)

ENGLISH = Language(
    code="en",
    weight=0.84,
    zones=("Europe/London", "Europe/Dublin", "America/New_York", "America/Chicago", "America/Los_Angeles", "Australia/Sydney", "Asia/Kolkata"),
    first_names=(
        "Olivia", "George", "Amelia", "Harry", "Isla", "Noah", "Ava", "Jack", "Priya", "Leo", "Grace", "Oscar", "Zainab", "Arthur", "Freya",
        "Muhammad", "Ivy", "Theo", "Siobhán", "Ciarán", "Emily", "Liam", "Hannah", "Owen", "Ruby", "Samuel", "Alice", "Daniel", "Chloë", "Rohan",
    ),
    last_names=(
        "Smith", "Jones", "Taylor", "Brown", "Patel", "Wilson", "Davies", "Evans", "Thomas", "O'Brien", "Walker", "Wright", "Khan", "Thompson",
        "White", "Hughes", "Green", "Hall", "Lewis", "Clarke", "Murphy", "Byrne", "Cooper", "Ward", "Sharma", "Bell", "Okonkwo", "Price",
        "Marsh", "Fletcher", "Whitaker", "Doyle", "Nolan", "Hargreaves", "Singh", "Ferguson",
    ),
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    greetings=("Hello,", "Hi there,", "Hi,", "Good morning,", "Dear Larkfield team,", "Hello again,", "Hey,", "Good evening,"),
    details=(
        "I ordered it on {day} and paid by card.",
        "My order number is {order}.",
        "I have attached a photo, I hope it helps.",
        "I already tried what your help page says, without any luck.",
        "I called your hotline on {day} but hung up after {number} minutes in the queue.",
        "It worked fine for about {number} weeks.",
        "This is the second time that it happens to me.",
        "We are leaving for a trip next {day}, so I am in a bit of a hurry.",
        "No rush, whenever you find the time.",
        "I bought it together with the {product}, in case that matters.",
        "Your shop in town could not help me and told me to write to you.",
        "Otherwise I am very happy with your service, by the way.",
        "The price on the page was {amount} when I looked at it.",
        "My partner has exactly the same one and does not have this problem.",
        "Please note that I can only be reached by mail during the day.",
        "I could not find anything about it in the terms and conditions.",
        "What happened, step by step: I opened the page, signed in, chose the {product}, pressed the button, waited {number} minutes, and then nothing. I tried it again on my phone and on my neighbour's computer with the same result, so it does not look like a problem on my side.",
        "To give you the whole story: it was a present for my daughter, who turned {number} on {day}, and she could not wait to try it. We followed the leaflet line by line. I would rather keep it and have it put right than send it back, if there is any way to do that.",
    ),
    closings=("Best regards,", "Kind regards,", "Thanks,", "Many thanks,", "Cheers,", "Thank you in advance,", "Regards,", "Yours sincerely,"),
    questions=(
        "Any news on this?",
        "Thank you, but that did not help. What else can I try?",
        "The number is {order}. Do you need anything else?",
        "Ok, understood. Could you send me a confirmation, please?",
        "I tried that on {day} and it still does not work.",
        "Sorry for the late answer. Yes, the {product} it is.",
        "And how long will it take?",
        "I just saw that {amount} were taken from my account. Is that right?",
        "Here is the photo that you asked for. You can see the crack on the left side, about {number} cm long.",
        "That would be fine with me. Please go ahead.",
        "Your colleague told me something else on {day}. Who is right?",
    ),
    thanks=(
        "Great, thank you!", "Perfect, it works now. Thanks for the quick help.", "Thanks a lot, that was fast 👍", "Brilliant, thank you so much.",
        "It arrived today. Thank you for sorting this out!", "Thanks, you can close this.",
    ),
    topics=(
        Topic(
            "delivery", SALES, 18,
            ("Where is my order?", "Order {order} has not arrived", "Delivery of the {product}", "Parcel tracking stuck", "Delivery date?"),
            (
                "I am still waiting for my {product}. The tracking page has said \"in transit\" since {day}.",
                "Could you tell me when order {order} will be delivered? The confirmation said {number} days.",
                "The carrier says that the parcel was handed over on {day}, but nobody here has received it and the neighbours have not either.",
                "Is it possible to change the delivery address of order {order}? We are moving on {day}.",
                "Only one of two boxes arrived. The {product} is missing.",
            ),
            (
                "I have checked with the carrier: your parcel is at the depot and will be with you on {day}.",
                "I am sorry about the delay. We were out of stock of the {product}; it leaves our warehouse tomorrow and you will get a tracking link.",
                "The parcel seems to be lost, so I have sent a new one today under {order}. There is nothing you need to do.",
                "I have changed the delivery address for you. Please allow {number} more days.",
            ),
        ),
        Topic(
            "returns", SALES, 12,
            ("Return of {order}", "How do I send something back?", "Wrong item", "Exchange for another size"),
            (
                "I would like to return the {product}, it is not what I expected. How do I do that?",
                "You sent me the wrong item: I ordered the {product} and got something else.",
                "The {product} is too small. Can I exchange it for the next size?",
                "I sent back the {product} {number} weeks ago and have not heard anything since.",
            ),
            (
                "Of course. I have sent you a return label by mail; just drop the parcel at any post office within {number} weeks.",
                "I am sorry for the mix-up! The right one is on its way, and you may keep the other one.",
                "We received your return on {day}. The exchange leaves the warehouse today.",
            ),
        ),
        Topic(
            "invoice", BILLING, 9,
            ("Invoice for order {order}", "Copy of invoice", "VAT number missing", "Wrong address on the invoice"),
            (
                "Could you please send me the invoice for order {order} as a PDF? I need it for my tax return.",
                "The invoice for the {product} shows my old address. Please correct it.",
                "We are a company and need our VAT number on the invoice over {amount}.",
                "I cannot find the invoices of last year in my account any more.",
            ),
            (
                "I have sent the invoice to your mail address again, please also look into the spam folder.",
                "The corrected invoice is in your account now, under \"My orders\".",
                "I have added the VAT number and cancelled the old invoice. You will get the new one within the hour.",
            ),
        ),
        Topic(
            "refund", BILLING, 9,
            ("Refund for {order}", "When do I get my money back?", "Charged twice", "Refund still missing"),
            (
                "I returned the {product} on {day} and am still waiting for my {amount}.",
                "My card was charged twice for order {order}. Please refund one of the two payments of {amount}.",
                "You promised a refund {number} days ago but nothing has arrived on my account.",
            ),
            (
                "I have released the refund of {amount} today. Depending on your bank it takes up to {number} working days.",
                "You are right, that was charged twice. I have given back the second payment; I am sorry for the trouble.",
                "The refund went to the card that you paid with on {day}. Could you check the statement once more, please?",
            ),
        ),
        Topic(
            "payment", BILLING, 6,
            ("Payment declined", "Can I pay by bank transfer?", "Problem at the checkout"),
            (
                "My card is declined at the checkout although it works everywhere else.",
                "Can I pay for the {product} by bank transfer or in {number} instalments?",
                "At the checkout it says \"something went wrong\" after I enter my card. Was I charged the {amount} or not?",
            ),
            (
                "No payment has reached us, so nothing was charged. Please try it once more, the payment provider had a problem on {day}.",
                "Bank transfer is fine: please send {amount} with the reference {order}, and we ship when it has arrived.",
            ),
        ),
        Topic(
            "login", TECHNICAL, 9,
            ("Cannot log in", "Password reset does not arrive", "Account locked", "Two accounts by mistake"),
            (
                "I cannot log in to my account any more. The password reset mail never arrives.",
                "Your site says that my account is locked after {number} attempts. Please unlock it.",
                "I have two accounts by mistake. Can you merge them? The orders are in the older one.",
                "How do I change the mail address of my account?",
            ),
            (
                "I have unlocked the account. Please use \"Forgot password\" once more; the link is valid for {number} hours.",
                "Our mails to your provider were held back on {day}. It works again, and I have just sent you a new link.",
                "Both accounts are one now, please sign in with this mail address.",
            ),
        ),
        Topic(
            "app", TECHNICAL, 9,
            ("App crashes", "Larkfield app does not sync", "Bike computer will not connect", "Rides are missing in the app"),
            (
                "The Larkfield app crashes every time I open a ride. Phone restarted, app reinstalled, no change.",
                "My Wayfarer bike computer does not connect to the app since the update on {day}.",
                "The last {number} rides are missing in the app, but they are on the bike computer.",
                "The app shows an error when it syncs: \"E-{number}04 upload refused, retry in {number} s\". What does it mean?",
            ),
            (
                "This is a bug in the last version, and the fix is in the store since {day}. Please update the app and tell me if it helps.",
                "Please remove the device in the app under Settings > Devices, switch it off and on, and pair it again. That solves it nearly always.",
                "Your rides are safe on the server. I have started the upload again from our side; they should be there in {number} minutes.",
            ),
        ),
        Topic(
            "repair", TECHNICAL, 8,
            ("Repair appointment", "Brake makes a noise", "Rear wheel out of true", "Spare part for the {product}"),
            (
                "The rear brake of my {product} squeals terribly when it rains. Can I fix that myself?",
                "I would like an appointment in your workshop, preferably on {day}.",
                "Where can I get a spare part for the {product}? A small plastic clip broke off.",
                "After {number} months the gears do not shift cleanly any more.",
            ),
            (
                "That is nearly always dirt on the disc. Clean it with brake cleaner, no oil; if it is still there after {number} km, bring it in.",
                "I have booked you in for {day} at 10:00. The check itself is free, and we call before we repair anything.",
                "The clip is part of a set that we send for free. It is in the post today.",
            ),
        ),
        Topic(
            "warranty", TECHNICAL, 5,
            ("Warranty claim {order}", "Broken after a few weeks", "Crack in the frame"),
            (
                "The {product} broke after {number} weeks of normal use. Is that covered by the warranty?",
                "I found a small crack in the paint near the saddle tube of my {product}. Is it dangerous to ride?",
                "The battery of the {product} lasts {number} minutes only. It was two hours when it was new.",
            ),
            (
                "That is covered. Please send us a photo and the serial number, and we will exchange it.",
                "Please do not ride it until we have seen it. We collect it from your home on {day}, free of charge.",
            ),
        ),
        Topic(
            "sizing", SALES, 4,
            ("Which size do I need?", "Frame size for 1.{number}0 m", "Does it fit?"),
            (
                "I am 1.8{number} m tall. Which frame size of the {product} do you recommend?",
                "Does the Mudlark pannier set fit on the rack of the {product}?",
                "Which tyres can I put on the {product} at most?",
            ),
            (
                "At your height I would take size L. If in doubt, you can try it for {number} weeks and exchange it.",
                "Yes, it fits, with the adapter that is in the box.",
            ),
        ),
        Topic(
            "discount", SALES, 4,
            ("Discount code does not work", "Student discount?", "Price match"),
            (
                "The discount code from your newsletter does not work for the {product}.",
                "Do you give a discount when a club orders {number} at once?",
                "I bought the {product} on {day} and now it is {amount} cheaper. Can you refund the difference?",
            ),
            (
                "The code is valid from {amount} on and not for reduced items. As it was not clear, I have given you the discount by hand.",
                "For {number} or more we make an offer. Could you tell me the sizes, please?",
            ),
        ),
        Topic(
            "cancellation", GENERAL, 4,
            ("Please cancel order {order}", "Unsubscribe", "Delete my account"),
            (
                "Please cancel order {order}, I chose the wrong colour.",
                "Please take me off your mailing list, the link does not work.",
                "I want to have my account and all my data deleted.",
            ),
            (
                "The order is cancelled, and nothing will be charged.",
                "Done: you will get no more newsletters. It may take {number} days until the last one that is on its way has passed.",
            ),
        ),
        Topic(
            "feedback", GENERAL, 3,
            ("A word of thanks", "Idea for your app", "Disappointed"),
            (
                "I just wanted to say that the workshop did a wonderful job on my {product}.",
                "It would be nice if the app could show the {number} steepest climbs of a month.",
                "I was rather disappointed by the advice in your shop on {day}.",
            ),
            (
                "Thank you for telling us! I have passed it on to the colleagues.",
                "I am sorry to hear that, and thank you for the open words. We will talk about it in the team.",
            ),
        ),
    ),
    replies=(
        "Thank you for the photo, now I see what you mean. The workshop sends you the right part today.",
        "Yes, that is correct. It is booked under {order} and will show in your account within {number} hours.",
        "I am sorry that it did not help. I have passed it on to a colleague who knows more about the {product} than I do.",
        "It usually takes {number} working days. I will tell you as soon as I know more.",
        "You are right, and I am sorry that you got two different answers. What I wrote on {day} stands.",
        "Here is the confirmation that you asked for: {order}, {product}, {amount}, sent on {day}.",
        "Let us try something else: please take the battery out for {number} minutes, put it in again and start from the beginning.",
        "Good, then I will do it like that. You need not do anything more.",
    ),
    hellos=("Hello {first},", "Hi {first},", "Dear {first},", "Hello {first}, thank you for your message."),
    promises=(
        "Please let us know if there is anything else.",
        "I will keep an eye on it and write to you again on {day}.",
        "I am sorry for the inconvenience.",
        "You can always reach us under this address.",
        "Could you tell me the order number, please?",
        "I have asked the colleagues of the workshop, who usually answer within {number} hours.",
        "As a small excuse I have put {amount} on your customer account, which you can use with the next order. It has no expiry date.",
    ),
    farewells=("Best regards", "Kind regards", "Have a good day", "Happy riding", "All the best"),
)  # fmt: skip

SPAM = Topic(
    "", GENERAL, 1,
    (
        "Rank #1 on every search engine", "RE: your unpaid parcel fee", "Increase your web traffic by {number}00%", "Business proposal",
        "Your mailbox is almost full", "Cheap watches, fast shipping", "Invoice overdue - act now", "Guest post on your blog?",
    ),
    (
        "Dear sir or madam, our experts have analysed your website and found {number} critical errors. For only {amount} a month we bring you to the first page. Reply YES to get a free report.",
        "Your parcel {order} could not be delivered because a fee of {amount} is open. Pay within 24 hours or it will be returned.",
        "Hello friend, I represent an investor who looks for a reliable partner abroad. Your share would be {number} million. Strictly confidential.",
        "We buy and sell e-mail lists of cycling fans, {number}0,000 verified addresses, only {amount}. Samples on request.",
        "Your mailbox has reached 99% of its quota. Confirm your password now to keep receiving messages.",
        "Hi team, I love your blog! Would you accept a guest article with two links to our casino partner? We pay {amount}.",
    ),
    (),
)  # fmt: skip
