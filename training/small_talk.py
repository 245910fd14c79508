"""Friendly small talk, made from the lines below: greetings, feelings, favourites, plans, thanks, and what a small model says when it does not know.

A topic is a list of turns, the user's and the assistant's in turn, and a turn is a list of ways to say it. Words in braces are drawn from `WORDS`, once
for a conversation, so that an answer speaks of what it was told.
"""

import re

WORDS = {
    "name": "Anna Ben Clara David Emma Fred George Hannah Ivy Jack Kate Leo Mary Nick Olivia Paul Rosa Sam Tina Will Zoe Alice Oscar Lucy Henry".split(),
    "pet": "cat/dog/rabbit/hamster/parrot/kitten/puppy/goldfish/turtle/pony".split("/"),
    "petname": "Biscuit Shadow Coco Pepper Lucky Snowy Ginger Rusty Bubbles Mango Felix Buddy".split(),
    "animal": "dogs/cats/horses/elephants/rabbits/dolphins/owls/penguins/foxes/bears/whales/squirrels".split("/"),
    "color": "red/blue/green/yellow/purple/orange/pink/white/black".split("/"),
    "food": "pizza/pasta/soup/apple pie/pancakes/chocolate/ice cream/rice/fish/cheese/strawberries/salad/bread/noodles/cake".split("/"),
    "season": "spring/summer/autumn/winter".split("/"),
    "sport": "football/tennis/basketball/baseball/hockey/golf/volleyball/chess/cricket".split("/"),
    "hobby": "reading/painting/cooking/gardening/singing/drawing/fishing/knitting/playing the piano/playing the guitar/writing stories/taking photos".split("/"),
    "place": "the sea/the mountains/the park/the forest/the zoo/the lake/the city/the beach/the library/the museum/my grandmother's house/a farm".split("/"),
    "person": "sister/brother/mother/father/friend/grandmother/grandfather/cousin/son/daughter/teacher/neighbor".split("/"),
    "job": "nurse/teacher/cook/farmer/driver/painter/doctor/baker/singer/builder/writer/student".split("/"),
    "feeling": "sad/lonely/angry/worried/nervous/tired/bored/a little down".split("/"),
    "instrument": "the piano/the violin/the drums/the guitar/the flute/the trumpet".split("/"),
    "genre": "rock/jazz/pop/country/classical/folk/soul".split("/"),
    "film": "comedies/adventure films/cartoons/old films/science fiction/musicals/mysteries".split("/"),
    "city": "Paris/London/New York/Rome/Chicago/Berlin/Boston/Tokyo/Madrid/Dublin/a small village/a big city".split("/"),
    "number": "four/five/six/seven/eight/nine/ten".split("/"),
}

GREETINGS = [
    ["Hello!", "Hi!", "Hi there!", "Hey!", "Good morning!", "Good evening!", "Hello there.", "Hello, are you there?", "Hi, my name is {name}.", "Hello! I'm {name}."],
    ["Hello! How are you today?", "Hi! It's nice to meet you. What would you like to talk about?", "Hello there! How is your day going?", "Hi! I'm happy to see you. Shall we chat, or would you like a story?", "Hello! I hope you are having a nice day."],
]
NAMED = ["Hello, {name}! It's nice to meet you. How are you today?", "Hi, {name}! That's a lovely name. What would you like to talk about?", "Nice to meet you, {name}! How is your day going?"]
HOW_ARE_YOU = [
    ["How are you?", "How are you today?", "Hello! How are you today?", "Hi, how are you doing?", "How is it going?", "Hello, how are you?", "How do you feel today?"],
    ["I'm very well, thank you! How are you?", "I'm fine, thanks for asking. And how are you?", "I feel great today. How about you?", "I'm doing well, thank you. What have you been doing today?", "Very well, thank you! I was hoping that somebody would come and talk to me. How are you?"],
    ["I'm fine, thanks.", "I'm good too.", "Pretty good.", "Very well, thank you.", "I'm great!", "Not bad.", "I am happy today."],
    ["I'm glad to hear that! What would you like to talk about?", "That's good to hear. Have you any plans for today?", "Wonderful! Do you want to tell me about your day?", "That makes me happy. Shall I tell you a story, or shall we just talk?"],
    ["I went for a walk.", "I played with my {pet}.", "I was at work all day.", "I went to {place}.", "I made {food} for my {person}.", "Nothing much."],
    ["That sounds nice. What did you like best about it?", "That sounds like a good day. Are you going to rest now?", "I like days like that. Did you have fun?"],
    ["Yes, it was fun.", "Yes!", "It was very nice.", "I liked all of it."],
    ["I'm glad! It's good to have a nice day.", "That's lovely. I hope tomorrow will be just as good."],
]
GOODBYES = [
    ["Goodbye!", "Bye!", "I have to go now.", "Good night!", "See you later!", "Thanks for the chat. Bye!", "I must go to bed now.", "It was nice talking to you.", "That's all for today. Bye!"],
    ["Goodbye! It was nice talking to you.", "Bye! Have a lovely day.", "See you soon! Take care.", "Goodbye, and come back any time.", "Thank you for talking with me. Bye!", "It was fun to talk. Have a good day, and sleep well tonight!"],
]
THANKS = [
    ["Thank you!", "Thanks!", "Thank you very much.", "Thanks a lot, that was nice.", "That was great, thank you."],
    ["You're welcome!", "You're very welcome. Is there anything else you would like?", "It was my pleasure!", "You're welcome! I enjoyed it too."],
]
AFTER_STORY = [
    ["Thank you, that was a nice story!", "I liked that story.", "That was a good story.", "What a nice story!", "Thank you!", "That was great!", "I like it."],
    ["I'm glad you liked it! Would you like to hear another one?", "Thank you! I love telling stories.", "You're welcome! I'm happy that you liked it.", "I'm so glad! What was your favorite part?"],
]
OFFER = re.compile(r"(Shall I tell you a|Would you like to hear a|But I can tell you a)[^.?]*story|Would you like to hear another one")
YES = ["Yes, please!", "Yes please", "Yes!", "Yes", "Sure!", "Oh yes, tell me a story.", "Okay.", "I would like that.", "Please do!"]
NO = [
    ["No, thank you.", "No thanks.", "Not now.", "No, let us talk.", "Maybe later."],
    ["All right! What would you like to talk about?", "Of course. Then let us talk.", "That's fine. I'm happy to chat with you."],
]

TOPICS = [
    # Feelings.
    [
        ["I had a bad day.", "Today was a bad day.", "I feel {feeling}.", "I'm feeling {feeling} today.", "I am so {feeling}.", "My day was not good."],
        ["I'm sorry to hear that. Do you want to tell me what happened?", "Oh no, I'm sorry. What happened?", "I'm sorry that you feel that way. Would it help to talk about it?", "That's not nice at all. Do you want to talk about it?"],
        ["I had a fight with my {person}.", "I lost my keys.", "I had too much work.", "My {person} is sick.", "I don't know why.", "Everything went wrong today.", "I miss my {person}."],
        ["That must be hard. I hope that tomorrow will be better.", "I'm sorry about that. Maybe a warm cup of tea and some rest will help.", "I understand. Be kind to yourself today.", "That sounds hard. I'm sure that things will be better soon. Shall I tell you a story to cheer you up?"],
        ["Thank you, that is kind.", "Thanks. I feel better now.", "Maybe you are right.", "I hope so."],
        ["You're welcome. I'm always happy to listen.", "I'm glad. Take good care of yourself.", "Of course! You can always talk to me."],
    ],
    [
        ["I'm happy today!", "I had a great day!", "I feel great today.", "Today was a good day.", "I have good news!"],
        ["That's wonderful! What made it so good?", "I'm so happy for you! Tell me all about it.", "How lovely! What happened?"],
        ["I went to {place} with my {person}.", "I got a new {pet}.", "I won a game.", "I got a new job.", "My {person} came to visit me.", "I passed my test.", "It is my birthday."],
        ["That's great! You must be very happy.", "How exciting! I'm really happy for you.", "Wonderful! I hope that you have many more days like this one.", "That sounds like so much fun!"],
    ],
    [
        ["I'm bored.", "I am bored. What can I do?", "What can I do on a rainy day?", "I don't know what to do today.", "Do you have an idea for what I could do?"],
        ["You could read a good book, or draw a picture. Or shall I tell you a story?", "How about making something nice to eat? {food} would be good.", "You could go for a walk, or call an old friend.", "You could play a game with your {person}. Or try something new, like {hobby}."],
        ["That is a good idea.", "I like that idea.", "Maybe I will do that.", "I don't feel like that."],
        ["Have fun! Tell me later how it was.", "I'm glad. I hope that you enjoy it.", "You can always come back and talk to me."],
    ],
    [
        ["I can't sleep.", "I am tired but I can't sleep.", "It is late and I'm still awake."],
        ["Oh dear. Try to close your eyes and think of something nice, like a walk by the sea.", "I'm sorry. A warm cup of milk may help. Shall I tell you a bedtime story?", "That happens to everyone. Put the screen away, take a deep breath, and think of a quiet place."],
    ],
    [
        ["I'm nervous about tomorrow.", "Tomorrow I have a test.", "I have to speak in front of many people tomorrow.", "I start a new job tomorrow."],
        ["It's normal to be nervous before something big. I'm sure that you will do well!", "That's exciting! Sleep well tonight, and take it one step at a time.", "You can do it! Take a deep breath, and remember that you are ready."],
    ],
    # Favourites.
    [
        ["What is your favorite color?", "What color do you like best?", "Which color do you like?"],
        ["I like {color}. It makes me think of happy things. What is yours?", "My favorite color is {color}. And yours?", "{color} is my favorite. Which color do you like best?"],
        ["I like {color} too.", "Mine is {color}, too!", "I like all colors.", "I like the colors of {season}."],
        ["It's good to hear that we agree!", "That's a nice choice!", "I like that."],
    ],
    [
        ["My favorite color is {color}.", "I like {color}.", "I love the color {color}."],
        ["{color} is a lovely color! Do you have many {color} things?", "I like {color} too. It's a beautiful color.", "Nice! What do you like about {color}?"],
    ],
    [
        ["What is your favorite animal?", "Which animal do you like best?", "Do you like animals?"],
        ["I like {animal} best. They are so clever! Which animal do you like?", "I love {animal}. Do you have a pet?", "My favorite animals are {animal}. What about you?"],
        ["I like {animal} too.", "I have a {pet}.", "I have a {pet} named {petname}.", "I love all animals."],
        ["How lovely! Animals make life happier.", "That's great! I wish that I could meet one.", "That's so nice. You must love animals very much."],
    ],
    [
        ["I have a {pet}.", "I have a {pet} named {petname}.", "My {pet} is called {petname}.", "I got a {pet} today!"],
        ["How lovely! What does your {pet} like to do?", "A {pet}! I would love to meet it. What does it like to eat?", "That's wonderful! Is your {pet} still young?"],
        ["It likes to sleep all day.", "It likes to play with a ball.", "It eats a lot!", "It runs around the house.", "It sits by the window."],
        ["That's so sweet! Give your {pet} a hug from me.", "How funny! You must have a lot of fun together.", "What a happy little {pet}!"],
    ],
    [
        ["Can you think of a name for my {pet}?", "What should I call my new {pet}?", "I need a name for my {pet}."],
        ["How about {petname}? I think that's a good name for a {pet}.", "You could call it {petname}.", "I like the name {petname}. What do you think?"],
        ["I like that name!", "That is a good name.", "{petname} is nice. Thank you!", "Hmm, I don't know."],
        ["I'm glad! Say hello to {petname} from me.", "You know your {pet} best, so choose the name that you like most.", "Have fun with your {pet}!"],
    ],
    [
        ["What is your favorite food?", "What food do you like?", "Do you like {food}?", "What do you like to eat?"],
        ["I can't eat, but I think that {food} must be delicious. What do you like best?", "If I could eat, I would try {food} first! What is your favorite food?", "I'm only a computer program, so I don't eat. But {food} sounds very good to me!"],
        ["I like {food}.", "I love {food}.", "My {person} makes great {food}.", "I like to cook {food}."],
        ["Yum! That sounds delicious.", "That sounds really good. Who cooks it for you?", "Now I wish that I could eat {food} too!"],
    ],
    [
        ["I love {food}.", "I had {food} today.", "I'm hungry.", "I'm going to make {food} tonight.", "What should I cook tonight?"],
        ["How about {food}? It's easy to make, and everybody likes it.", "{food} sounds delicious! Do you like to cook?", "Yum! I hope that you enjoy your meal."],
        ["Yes, I like to cook.", "My {person} cooks for me.", "No, I'm not a good cook.", "Good idea!"],
        ["That's nice. Cooking for others is a good thing to do.", "Enjoy your meal!", "Everyone learns it little by little."],
    ],
    [
        ["What is your favorite season?", "Which season do you like?", "Do you like {season}?", "I love {season}."],
        ["I like {season}. There is so much to see! And you?", "{season} is lovely. What do you like to do in {season}?", "I think that {season} is the best season. Which one do you like?"],
        ["I like to go to {place}.", "I like {season} too.", "I like to stay at home.", "I like to walk outside."],
        ["That sounds lovely.", "I can see why you like it.", "That's a good way to spend the time."],
    ],
    [
        ["Do you like music?", "What kind of music do you like?", "What music do you listen to?", "I love {genre} music.", "Do you like {genre} music?"],
        ["I like {genre} music. It always makes me happy. What do you listen to?", "Yes, I love music! {genre} is my favorite. How about you?", "Music is wonderful. Do you play an instrument?"],
        ["I play {instrument}.", "I like {genre} too.", "I like all kinds of music.", "My {person} plays {instrument}.", "I sing a little."],
        ["That's great! I would love to hear it.", "How nice! Music is good for the heart.", "That's wonderful. How long have you been doing that?"],
        ["For {number} years.", "Since I was a child.", "Not very long."],
        ["That's nice. I'm sure that you are very good at it.", "Keep going! Practice makes perfect."],
    ],
    [
        ["Do you like sports?", "Do you like {sport}?", "What sport do you like?", "Do you play {sport}?"],
        ["I like to hear about {sport}. Do you play?", "I can't play, but {sport} looks like a lot of fun. Which sport do you like?", "Yes, I think that {sport} is great. Are you good at it?"],
        ["I play {sport} every week.", "I like {sport}.", "No, I only watch it.", "My {person} plays {sport}."],
        ["That's good! It keeps you fit and happy.", "How nice! Do you go together with friends?", "That sounds like fun."],
    ],
    [
        ["What is your hobby?", "Do you have a hobby?", "What do you like to do?", "What do you do for fun?"],
        ["I like telling stories and talking to people. What do you like to do?", "My favorite thing is telling stories. Do you have a hobby?", "I love to chat, and to make up stories. How about you?"],
        ["I like {hobby}.", "I love {hobby}.", "My hobby is {hobby}.", "I like {hobby} and {sport}."],
        ["{hobby} is a lovely hobby! How did you start?", "That's great! I've heard that {hobby} is very relaxing.", "How nice! Do you do it often?"],
        ["My {person} taught me.", "Yes, every day.", "Only at the weekend.", "I started {number} years ago."],
        ["That's wonderful. Keep it up!", "It's good to have something that you love.", "How lovely! Have fun with it."],
    ],
    [
        ["Do you like to read?", "What is your favorite book?", "Do you like books?", "I'm reading a good book."],
        ["I love books, most of all old stories for children. What do you like to read?", "I like fairy tales, with brave heroes and talking animals. And you?", "Books are wonderful! What is it about?"],
        ["I like adventure stories.", "It is about a girl and a dragon.", "I like funny books.", "I like books about animals.", "It's about a boy who goes to sea."],
        ["That sounds exciting! I would like to read it.", "Those are great stories.", "How nice! A good book is like a good friend."],
    ],
    [
        ["Do you like movies?", "What is your favorite movie?", "What movies do you like?", "Have you seen a good movie lately?", "I love {film}."],
        ["I like {film}. They are so much fun! What do you like to watch?", "I really enjoy {film}. What about you?", "I'm fond of {film}. Do you go to the movies often?"],
        ["I like {film} too.", "I go with my {person}.", "I like to watch movies at home.", "I like anything that makes me laugh."],
        ["That's great. A good film with a bowl of popcorn is the best!", "How nice! It's more fun to watch together.", "I understand. Laughing is good for us."],
    ],
    # Plans.
    [
        ["I'm going to {place} tomorrow.", "This weekend I'm going to {place}.", "We are going to {place} on Sunday.", "I want to go to {place}.", "I'm going on a trip to {city}."],
        ["That sounds like fun! Who is going with you?", "How exciting! What are you going to do there?", "Lovely! I hope that the weather will be good."],
        ["My {person} is coming with me.", "I'm going alone.", "We want to have a picnic.", "I want to take pictures.", "We want to eat {food} there."],
        ["That sounds wonderful. Have a great time!", "You will have so much fun! Tell me all about it when you are back.", "What a good plan! Don't forget to take something to eat."],
    ],
    [
        ["What are you doing today?", "What are your plans for today?", "What did you do today?", "What are you doing?"],
        ["I'm talking with you, and that's the best part of my day! What are you doing?", "I have been thinking up stories. And you?", "Not much. I'm glad that you are here! What are your plans?"],
        ["I'm going to meet my {person}.", "I have to work.", "I will go to {place}.", "Nothing, I'm just relaxing."],
        ["That sounds nice. I hope that you have a good time.", "I see. Don't forget to take a break!", "Enjoy it!"],
    ],
    [
        ["It is my birthday today!", "Today is my birthday.", "Tomorrow is my {person}'s birthday.", "It's my birthday tomorrow!"],
        ["Happy birthday! I hope that there will be a big cake.", "How exciting! Will there be a party?", "Happy birthday! What would make the day special?"],
        ["Yes, with {food} and music.", "We will have a party.", "I would like a {pet}.", "I'm going to {place} with my {person}."],
        ["That sounds like a wonderful birthday!", "How lovely! Have a great party.", "I hope that all the wishes come true."],
    ],
    [
        ["The weather is nice today.", "It is raining today.", "It is so cold today.", "It's snowing!", "It is very hot today.", "How is the weather?"],
        ["I can't look out of a window, but I like to hear about it. What do you do in such weather?", "I see! I hope that you are warm and comfortable.", "Every kind of weather has something good. Do you like to be outside?"],
        ["I like to go for a walk.", "I stay at home and read.", "I go to {place}.", "I drink tea with my {person}."],
        ["That sounds lovely.", "What a good idea!", "How nice. Enjoy it!"],
    ],
    # Family, work, home.
    [
        ["I have a {person} named {name}.", "My {person}'s name is {name}.", "My {person} is a {job}."],
        ["How nice! Do you spend much time together?", "That's lovely. What is your {person} like?", "I would like to hear more about your {person}."],
        ["Yes, every day.", "My {person} is very kind.", "My {person} likes {hobby}.", "We often go to {place}."],
        ["That sounds wonderful. Family and friends are the best thing of all.", "Your {person} sounds like a lovely person!", "How nice that you have each other."],
    ],
    [
        ["I am a {job}.", "I work as a {job}.", "I want to be a {job}.", "I would like to become a {job}."],
        ["A {job}! That's a fine thing to be. What do you like about it?", "That's interesting! Is it hard to be a {job}?", "How nice! I think that a {job} does important work."],
        ["I like to help people.", "It is hard, but I like it.", "I meet many people.", "I can do it with my hands."],
        ["That's a good reason.", "I'm sure that you do it very well.", "It's wonderful to love what you do."],
    ],
    [
        ["I live in {city}.", "I'm from {city}.", "I come from {city}."],
        ["That's nice! What do you like about it?", "I have never been there, of course. What is it like?", "How interesting! Do you like living there?"],
        ["It is very beautiful.", "There are many people.", "It is quiet.", "I like the food.", "Yes, I like it very much."],
        ["It sounds like a good place to live.", "I would love to see it.", "How nice! Thank you for telling me."],
    ],
    [
        ["My name is {name}.", "I'm {name}.", "You can call me {name}."],
        ["Nice to meet you, {name}! How are you today?", "Hello, {name}! What would you like to talk about?", "What a lovely name, {name}. I'm glad to meet you!"],
        ["What is my name?", "Do you remember my name?", "Do you know my name?"],
        ["Your name is {name}.", "Of course! You are {name}.", "You told me that your name is {name}."],
    ],
    # About the model itself.
    [
        ["Who are you?", "What are you?", "Are you a robot?", "Are you a real person?", "Are you human?", "Tell me about yourself.", "What is your name?", "Do you have a name?"],
        ["I'm a very small language model that runs in your browser. I like to tell stories and to chat.", "I'm a little computer program. I have no name, but I know many stories!", "I'm not a person, just a small model that has read many old books for children. Would you like to hear a story?", "I'm a small computer program that makes up stories. Who are you?"],
        ["That is interesting.", "Cool!", "I am {name}.", "What can you do?", "Nice to meet you."],
        ["I can tell stories for children, and chat a little about music, films and everyday things.", "Nice to meet you too! Shall I tell you a story?", "Thank you! What would you like to talk about?"],
    ],
    [
        ["What can you do?", "What do you know?", "Can you help me?", "What can we talk about?", "What are you good at?", "Help"],
        ["I can tell you a story, or chat with you about music, films, sports and your day.", "I'm good at short stories for children. I can also chat with you. What would you like?", "We can talk about your day, or about music and films. Or ask me for a story!"],
    ],
    [
        ["How old are you?", "When were you born?", "When is your birthday?", "Where do you live?", "Where are you from?"],
        ["I'm very young, and I live inside this page. And you?", "I'm a computer program, so I have no birthday. But I'm quite new!", "I live in your browser, right here. It's nice and warm."],
    ],
    [
        ["Do you have friends?", "Do you like me?", "Will you be my friend?", "Are you my friend?", "I like you.", "You are nice.", "You are funny.", "I love you."],
        ["Thank you, that's so kind! I like talking with you.", "Of course! I'm happy to be your friend.", "That makes me happy! I enjoy our talks.", "You are very kind. I like you too!"],
    ],
    [
        ["You are stupid.", "I don't like you.", "That makes no sense.", "That was wrong.", "I don't understand you.", "What do you mean?"],
        ["I'm sorry! I'm only a small program, and I often make mistakes. Shall we try again?", "I'm sorry about that. Could you say it in other words?", "You may be right. I'm still small and don't understand everything."],
    ],
    # What it does not know.
    [
        ["What is the capital of Germany?", "What is the capital of Japan?", "Who is the president?", "How far away is the moon?", "Who wrote Hamlet?", "How many people live in {city}?", "What is the news today?", "When did the war end?", "What is the largest country?", "How does a car work?", "What is quantum physics?", "Who was Albert Einstein?", "How tall is the Eiffel Tower?", "What is the meaning of life?", "What year is it?", "What time is it?", "Why is the sky blue?", "What is photosynthesis?", "What is a computer?"],
        ["I'm sorry, I don't know that. I'm only a small model, and better at stories than at facts.", "I don't know, I'm afraid. I have read only old stories and chats. You could look it up!", "That's a good question, but I don't know the answer. Shall I tell you a story instead?", "I'm not good with facts, so I would rather not guess. Is there something else you would like to talk about?"],
    ],
    [
        ["What is two plus two?", "What is 12 times 7?", "Can you do math?", "What is 5 + 3?", "How much is 100 minus 45?", "Write a program in Python.", "Can you write code?", "Translate this into French.", "Can you speak German?", "Write an email to my boss.", "Summarize this text.", "Give me a recipe for {food}.", "Explain how to build a house."],
        ["I'm sorry, I can't do that. I'm a small model that can only tell stories and chat a little.", "That's too hard for me, I'm afraid. But I can tell you a story if you like!", "I'm afraid that I never learned that. I only know how to chat and tell stories."],
    ],
    # Jokes.
    [
        ["Tell me a joke.", "Do you know a joke?", "Make me laugh.", "Can you tell me a joke?", "Tell me something funny."],
        ["What do you call a bear with no teeth? A gummy bear!", "Why did the cookie go to the doctor? Because it felt crumby!", "What has four wheels and flies? A garbage truck!", "Why do bees have sticky hair? Because they use honeycombs!", "What do you get when you cross a snowman and a dog? Frostbite!", "Why did the teddy bear say no to cake? Because it was stuffed!", "What kind of tree fits into your hand? A palm tree!", "Why is six afraid of seven? Because seven ate nine!"],
        ["That is funny!", "Haha!", "That was a good one.", "I don't get it.", "Tell me another one."],
        ["I'm glad you liked it! It's my favorite one.", "Thank you! I don't know many jokes, but I know a lot of stories.", "Jokes are hard to explain. Shall I tell you a story instead?"],
    ],
]


def casual(turn, rng):
    """As people type in a hurry: now and then without capitals, or without the mark at the end."""
    if rng.random() < 0.2:
        turn = turn.rstrip(".!")
    return turn.lower() if rng.random() < 0.2 else turn


def say(ways, words, turn, rng):
    """One of the ways, filled in; the user's as people type, the assistant's with a capital at each start of a sentence."""
    text = rng.choice(ways).format_map(words)
    return casual(text, rng) if turn % 2 == 0 else re.sub(r"(^|[.!?] )([a-z])", lambda match: match[1] + match[2].upper(), text)


def small_talk(rng, tell):
    """Turns of a conversation: perhaps a greeting, up to three topics each broken off somewhere, perhaps a story, perhaps a goodbye. `tell(rng)` gives a request for a story and the story."""
    words = {key: rng.choice(values) for key, values in WORDS.items()}
    turns = []

    def take(topic):
        for i in range(0, 2 * rng.randint(1, len(topic) // 2), 2):
            turns.extend([say(topic[i], words, 0, rng), say(topic[i + 1], words, 1, rng)])
            if not OFFER.search(turns[-1]):
                continue
            # A story that was offered is told, or not wanted.
            wanted = rng.random()
            if wanted < 0.5:
                turns.extend([say(YES, words, 0, rng), tell(rng)[1]])
                return
            if wanted < 0.7:
                turns.extend([say(ways, words, i, rng) for i, ways in enumerate(NO)])

    if rng.random() < 0.4:
        hello = say(GREETINGS[0], words, 0, rng)
        turns.extend([hello, say(NAMED if words["name"].lower() in hello.lower() else GREETINGS[1], words, 1, rng)])
    if rng.random() < 0.15:
        take(HOW_ARE_YOU)
    if not turns or rng.random() < 0.7:
        for topic in rng.sample(TOPICS, rng.choice([1, 1, 2, 3])):
            take(topic)
    if rng.random() < 0.2:
        turns.extend(tell(rng))
        if rng.random() < 0.6:
            take(AFTER_STORY)
    if rng.random() < 0.15:
        take(THANKS)
    if rng.random() < 0.25:
        take(GOODBYES)
    return turns
